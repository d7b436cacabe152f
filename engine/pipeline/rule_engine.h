// All rules over decoded batches: scan, delta plans, alerts. Pure computation, no I/O, one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/delta/delta_query.h"
#include "engine/pipeline/computed_columns.h"
#include "engine/pipeline/scan.h"
#include "engine/record/record_batch.h"
#include "engine/rule/rule_compiler.h"
#include "engine/state/snapshot_format.h"

namespace keywatch::pipeline {

struct EngineSettings {
  record::Ticks lateness = 15 * record::kTicksPerMinute;
  bool hold_while_learning = true;
  size_t max_rows_per_rule = 1'000'000;
  bool report_ends = false;  // keep what TakeEnded gives
};

// What a rule did so far, for metrics and summaries.
struct RuleReport {
  const rule::Rule* rule = nullptr;
  uint64_t alerts = 0;
  size_t state_rows = 0;
  size_t state_partitions = 0;
  uint64_t late_rows = 0;
  uint64_t evictions = 0;
  record::Ticks learning_since = 0;  // event time of the first record; 0: none yet
  record::Ticks learning_until = 0;  // 0: nothing to learn
  bool learning = false;
  bool waits = false;      // raises only what the watermark has reached
  record::Ticks busy = 0;  // wall time spent on it since the start, after the shared scan
};

// What all rules share did so far.
struct SharedWork {
  record::Ticks time = 0;       // wall time spent on the scan and the columns that it reads
  size_t remembered_bytes = 0;  // by the computed columns
  uint64_t resets = 0;          // how often they were at their bound and forgot everything
};

// Event times of the inputs when a batch of one of them is evaluated.
struct InputClock {
  record::Ticks own = 0;                        // the newest that came from it before
  record::Ticks others = record::kMaxDatetime;  // up to which the others are complete
  bool first = false;                           // nothing came from it before
};

class RuleEngine {
 public:
  RuleEngine(std::vector<rule::CompiledRule> rules,
             const record::SchemaCatalog& catalog,
             EngineSettings settings);

  // What the decoder must fill.
  [[nodiscard]] const record::BatchLayout& layout() const { return layout_; }

  // Evaluates the rows of `batch` that `keep` marks (duplicates are not kept). With several inputs
  // `input` says how far the one that the batch came from is, and the others.
  void Process(const record::RecordBatch& batch,
               const std::vector<bool>& keep,
               std::vector<alert::Alert>* alerts,
               const InputClock& input = {});
  // Event time has reached `newest` without a record: the input was idle, or has ended.
  void AdvanceTo(record::Ticks newest, std::vector<alert::Alert>* alerts);
  // Every input has come as far as `complete`; no further than the newest record.
  void CompleteTo(record::Ticks complete, std::vector<alert::Alert>* alerts);

  // By rule number, the rows of `batch` that its query begins with: those that its tables' filters
  // let through, without what is only compared with. Nothing is evaluated or remembered.
  [[nodiscard]] std::vector<std::vector<uint32_t>> Watched(const record::RecordBatch& batch);

  // Alerts whose finding is over since the last call, if settings ask for it.
  std::vector<alert::EndedAlert> TakeEnded();

  // The newest event time seen; 0 before the first record.
  [[nodiscard]] record::Ticks newest() const { return clock_.newest; }
  // Results are complete up to this minus the allowed lateness.
  [[nodiscard]] record::Ticks complete() const { return clock_.complete; }
  [[nodiscard]] const EngineSettings& settings() const { return settings_; }
  [[nodiscard]] std::vector<RuleReport> Report() const;
  [[nodiscard]] SharedWork shared_work() const {
    return {scan_time_, columns_->bytes(), columns_->resets()};
  }

  // The state as snapshot sections (name, bytes): one for the engine, one per rule.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Save() const;
  // Takes up what the snapshot holds for the rules that are loaded now, unchanged. Rules that
  // changed or are new begin without state; their names go to `fresh`.
  Status Restore(const state::Snapshot& snapshot, std::vector<std::string>* fresh);

 private:
  struct Leaf {
    size_t rule = 0;
    size_t branch = 0;
    size_t leaf = 0;
    std::vector<size_t> columns;            // of the batch
    std::optional<eval::Predicate> filter;  // what the scan does not decide
    std::vector<bool> read_by_filter;       // by column
    std::vector<bool> read_by_query;        // of the rows that the filter lets through
  };
  struct RunningRule {
    rule::CompiledRule compiled;
    std::string state_identity;  // tells its saved state from that of another rule or layout
    std::unique_ptr<delta::DeltaQuery> query;
    uint64_t alerts = 0;
    record::Ticks due = 0;  // event time at which the query has something to do by itself
    record::Ticks busy = 0;
  };

  // The rows that each leaf's atoms let through.
  const std::vector<std::vector<uint32_t>>& RunScan(const record::RecordBatch& batch);
  eval::Chunk ChunkOf(const Leaf& leaf,
                      const std::vector<bool>& read,
                      record::Ticks read_time,
                      const std::vector<uint32_t>& rows);
  std::vector<uint32_t> Admitted(const Leaf& leaf,
                                 record::Ticks read_time,
                                 std::vector<uint32_t> rows);
  void StageLeaf(const Leaf& leaf, const record::RecordBatch& batch, std::vector<uint32_t> scanned);
  void AdvanceRules(std::vector<alert::Alert>* alerts);
  void TellTime(const record::RecordBatch& batch,
                const std::vector<bool>& keep,
                const InputClock& input);
  void RaiseFindings(size_t rule,
                     std::vector<delta::Finding> findings,
                     std::vector<alert::Alert>* alerts);

  EngineSettings settings_;
  std::vector<RunningRule> rules_;
  std::vector<Leaf> leaves_;
  record::BatchLayout layout_;
  std::unique_ptr<Scan> scan_;
  std::unique_ptr<ComputedColumns> columns_;
  std::vector<uint32_t> all_rows_;  // of the current batch
  delta::EventClock clock_;
  bool begun_ = false;                     // every query knows when the stream began
  std::vector<delta::EventClock> clocks_;  // before the current batch, and after each of its rows
  record::Ticks scan_time_ = 0;
  std::vector<std::vector<size_t>> leaves_of_rule_;
  std::vector<bool> has_rows_;  // by rule, in the current batch
};

}  // namespace keywatch::pipeline
