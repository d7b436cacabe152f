// A rule as it runs: its query compiled, and every column that the rule file names found in the
// result.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/delta/delta_plan.h"
#include "engine/record/schema_catalog.h"
#include "engine/rule/rule_file.h"

namespace keywatch::rule {

struct CompiledRule {
  Rule rule;
  plan::NodePtr plan;  // optimized
  delta::DeltaPlan delta;
};

struct RuleCompilation {
  std::optional<CompiledRule> compiled;  // present exactly if there is no error
  Diagnostics in_query;                  // spans index into rule.query
  Diagnostics in_file;                   // spans index into the rule file
};

// Parses, binds, optimizes and arranges the query for continuous evaluation. A rule that cannot be
// evaluated continuously is refused with the reason.
RuleCompilation CompileRule(const Rule& rule, const record::SchemaCatalog& catalog);

// How long after the event the rule's last branch raises, when records are at most `lateness` late;
// 0: on arrival.
record::Ticks LongestWait(const CompiledRule& rule, record::Ticks lateness);

// What became of a rule file: either `compiled`, or a text that says why not.
struct LoadedRule {
  std::string path;
  std::optional<CompiledRule> compiled;
  std::string report;  // diagnostics with carets, warnings too; "" if there is nothing to say
  bool has_errors = false;
};

// Loads and compiles every rule file below `paths`, with the watchlists that each sees: those in
// the site's own `watchlist_folders`, then those near the rule (watchlist_catalogs.h). One bad rule
// stops no other; a watchlist with a mistake is reported once, as a file that does not load, and
// the rules that name it do not load either.
std::vector<LoadedRule> LoadAndCompile(const std::vector<std::string>& paths,
                                       const record::SchemaCatalog& catalog,
                                       const std::vector<std::string>& watchlist_folders = {});

}  // namespace keywatch::rule
