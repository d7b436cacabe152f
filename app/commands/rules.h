// `keywatch rules check` and `keywatch rules test`.
#pragma once

#include <string>
#include <vector>

namespace keywatch::app {

// `watchlists` are folders of the site, as in rules.watchlists.

// Says of every rule file whether it loads, and what is wrong with it. Exit code 2 if one does not.
int RunRulesCheck(const std::vector<std::string>& paths,
                  const std::vector<std::string>& watchlists);

// Runs every *.test.yaml below the paths. Exit code 1 if a test fails, 2 if a file cannot be used.
int RunRulesTest(const std::vector<std::string>& paths, const std::vector<std::string>& watchlists);

}  // namespace keywatch::app
