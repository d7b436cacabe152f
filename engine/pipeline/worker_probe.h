// The metrics of the loop. docs/metrics.md lists them with their meaning.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "engine/base/metrics.h"
#include "engine/pipeline/blind_intervals.h"
#include "engine/pipeline/io.h"
#include "engine/pipeline/reject_reason.h"
#include "engine/pipeline/rule_engine.h"

namespace keywatch::pipeline {

struct SourceProbe {
  Counter received;
  Counter bytes;
  Counter duplicates;
  std::map<std::string, Counter, std::less<>> rejected;  // by reason
  Histogram event_lag;
  Gauge connected;
  Gauge lag_records;
  Gauge last_event;
  Gauge watermark;
  Gauge rules_held_back;
  Counter gaps;
  Counter gap_records;
  std::array<Counter, kSourceErrors> errors;  // by SourceError

  void Update(const SourceHealth& health);
};

struct RuleProbe {
  std::map<std::string, Counter, std::less<>> matches;  // by severity
  Gauge state_entries;
  Gauge learning;
  Counter evaluation;
  Counter evictions;
  uint64_t evictions_counted = 0;
};

struct BlindProbe {
  Counter intervals;
  Counter seconds;
  Gauge last_noticed;

  void Update(const BlindIntervals::Totals& totals);
};

class WorkerProbe {
 public:
  WorkerProbe(MetricRegistry* metrics,
              const std::vector<std::string>& sources,
              const std::vector<RuleReport>& rules,
              size_t most_rows_per_rule);

  // What a snapshot brought was counted by an earlier process.
  void TakeUp(const std::vector<RuleReport>& rules);
  void Update(const BlindIntervals& blind);
  // `changed`: when the first change was made that no snapshot on disk covers, 0 if there is none.
  void Update(const SharedWork& shared, record::Ticks changed);
  // Gauges and counters that are read off the engine.
  void Update(const std::vector<RuleReport>& rules, record::Ticks complete, record::Ticks lateness);

  std::vector<SourceProbe> sources;
  std::map<std::string, RuleProbe, std::less<>> rules;  // by rule id
  std::map<std::string, Counter, std::less<>> emitted;  // by severity
  Counter late_evaluated;
  Gauge watermark;
  Histogram batch_seconds;
  std::map<std::string, Histogram, std::less<>> latency;  // by hop: read, evaluate
  Histogram checkpoint_seconds;
  Gauge checkpoint_bytes;
  Gauge checkpoint_success;
  Gauge unsaved_since;
  Counter scan_time;
  Gauge computed_bytes;
  Counter computed_resets;
  BlindProbe gaps;
  BlindProbe evictions;
  Counter checkpoint_failures;

 private:
  uint64_t late_counted_ = 0;
};

// Why records are set aside; every reason is a series from the start.
const std::vector<std::string>& RejectReasons();

}  // namespace keywatch::pipeline
