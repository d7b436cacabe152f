// `keywatch rules docs`: the rules as a page, or as a layer for the ATT&CK Navigator.
#pragma once

#include <string>
#include <vector>

namespace keywatch::app {

struct RulesDocsArguments {
  std::vector<std::string> rules;
  std::string page;        // where the page will lie: links begin in its folder; "": here
  bool navigator = false;  // print the layer instead
};

// Prints on standard output. Exit code 0; 2 if a rule or test file cannot be used: a page that
// leaves out a rule is not printed.
int RunRulesDocs(const RulesDocsArguments& arguments);

}  // namespace keywatch::app
