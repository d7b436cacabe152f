// docs/rules.md: what each rule says of itself, its parameters and its schedule, as Markdown.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/record/time.h"
#include "engine/rule/rule_compiler.h"

namespace keywatch::app {

// What the page says of a rule and its file does not.
struct DocumentedRule {
  const rule::CompiledRule* compiled = nullptr;
  std::vector<std::string> services;  // "Key Vault", "Managed HSM", "what a watchlist names"
  size_t tests = 0;
};

struct ReferenceOptions {
  // The folder in which the page will lie: links to files begin there.
  std::string folder = ".";
  record::Ticks lateness = 15 * record::kTicksPerMinute;
};

// A table of all, then a section for each, in the order given. Pure; the files of the rules are not
// looked at again.
std::string RuleReference(const std::vector<DocumentedRule>& rules,
                          const ReferenceOptions& options);

}  // namespace keywatch::app
