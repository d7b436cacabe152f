// The rules that `run` and `replay` evaluate, and what was wrong with the others.
#pragma once

#include <string>
#include <vector>

#include "engine/rule/rule_compiler.h"

namespace keywatch::app {

struct ActiveRules {
  std::vector<rule::CompiledRule> active;  // those that load and are not disabled
  size_t rejected = 0;
};

// Loads every rule file below `paths`, with the site's `watchlists` (folders); what is wrong with
// one is printed on stderr.
ActiveRules LoadActiveRules(const std::vector<std::string>& paths,
                            const record::SchemaCatalog& catalog,
                            const std::vector<std::string>& watchlists = {});

}  // namespace keywatch::app
