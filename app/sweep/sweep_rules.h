// One rule with each of several values in the place of a parameter's, in one engine.
#pragma once

#include <string>
#include <vector>

#include "app/history/history.h"
#include "app/sweep/sweep_tally.h"
#include "engine/record/schema_catalog.h"
#include "engine/rule/rule_compiler.h"

namespace keywatch::app {

// Either the rules, one for each value, or what is wrong, with its place.
struct SweepPlan {
  rule::Rule rule;
  std::string parameter;
  std::string written;              // the parameter's value in the file
  std::vector<std::string> values;  // KQL
  std::vector<rule::CompiledRule> rules;
  std::string error;  // lines for stderr
};

// `request` is NAME=VALUES (sweep_values.h).
SweepPlan PlanSweep(const std::string& rule_path,
                    const std::string& request,
                    const record::SchemaCatalog& catalog);

struct SweptValue {
  std::string value;
  bool written = false;  // the one in the file
  SweepTally tally;
  // Of the history, the part in which the rule could raise something; at least one day.
  double days = 1;
  record::Ticks learning_until = 0;  // 0: nothing to learn
  bool learning = false;             // still, at the end: nothing could be raised
  uint64_t evictions = 0;            // groups given up at the bound of the state
};

struct SweepResult {
  rule::Rule rule;
  std::string parameter;
  HistoryTotals history;
  std::vector<SweptValue> values;
};

// Rows that all values together may hold.
inline constexpr size_t kMostSweepRows = 20'000'000;

// Reads the files once, for all values.
Result<SweepResult> Sweep(SweepPlan plan,
                          const std::vector<std::string>& files,
                          bool raise_while_learning,
                          const record::SchemaCatalog& catalog,
                          const std::atomic<bool>& stop);

}  // namespace keywatch::app
