// `keywatch rules coverage`: which rules watch which operation, and what none watches.
#pragma once

#include <string>
#include <vector>

namespace keywatch::app {

struct CoverageArguments {
  std::vector<std::string> rules;
  std::vector<std::string> files;  // records whose operations are counted
};

// Exit code 0; 2 when a rule or file cannot be used.
int RunRulesCoverage(const CoverageArguments& arguments);

}  // namespace keywatch::app
