// `keywatch rules sweep`: what other values of a rule's parameter would have raised.
#pragma once

#include <string>
#include <vector>

namespace keywatch::app {

struct RulesSweepArguments {
  std::string rule;                // file
  std::vector<std::string> files;  // records
  std::string param;               // NAME=VALUES
  std::string format = "table";    // or json
  bool raise_while_learning = false;
};

// The result on stdout, what was read on stderr. Exit code 0; 2 for a rule or parameter that cannot
// be used; 4 when not all of the files could be read.
int RunRulesSweep(const RulesSweepArguments& arguments);

}  // namespace keywatch::app
