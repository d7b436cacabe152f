// Sentinel analytics rule files (YAML as Microsoft publishes it) -> rules.
//
// Everything wrong with a file is reported at once, with its line and column; a file with an error
// gives no rule and stops no other. Unknown fields and what keywatch does not evaluate are
// warnings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/rule/rule.h"

namespace keywatch::rule {

struct RuleLoad {
  std::optional<Rule> rule;  // present exactly if there is no error
  Diagnostics diagnostics;   // spans index into `source`
  SourceText source;         // the whole file
};

RuleLoad ParseRule(SourceText source);

// A file that cannot be read is an error like any other.
RuleLoad LoadRule(const std::string& path);

// Loads files, and of directories every *.yaml and *.yml below them except *.test.yaml; hidden
// names
// (`..data` of a Kubernetes volume) are skipped, links are followed. Ordered by the paths given,
// then by name; a file is loaded once however often it is reached. A second rule with the id of an
// earlier one is an error that names both files: the earlier stays. A path that does not exist is
// an error.
std::vector<RuleLoad> LoadRules(const std::vector<std::string>& paths);

}  // namespace keywatch::rule
