// Driver 2: one rule evaluated continuously. Takes the rows that the rule's table filters let
// through, in order of arrival, and yields findings. What it yields is a function of the rows and
// their order, not of how they were cut into batches.
//
// Not thread-safe: one thread owns it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/delta/constant_rows.h"
#include "engine/delta/partition.h"
#include "engine/state/byte_reader.h"
#include "engine/state/byte_writer.h"

namespace keywatch::delta {

struct DeltaSettings {
  Ticks period = record::kTicksPerDay;            // queryPeriod: the rule's window
  Ticks lateness = 15 * record::kTicksPerMinute;  // W = EventClock::complete - lateness
  bool hold_while_learning = true;                // raise nothing until the baseline is covered
  size_t max_rows = 5'000'000;                    // stored rows, over all partitions
  bool report_ends = false;                       // keep what TakeEnded gives
};

// How far event time has come. With several inputs one may be hours behind the others: what is
// known of the newest record then says nothing about what is still to come.
struct EventClock {
  Ticks newest = 0;    // event time of the newest record
  Ticks complete = 0;  // as far as every input is: W is this minus the lateness; at most `newest`

  bool operator==(const EventClock&) const = default;
};

// One record as a leaf sees it.
struct RowMeta {
  uint32_t order = 0;  // of arrival, within the batch
  Ticks event_time = 0;
  // Before and after this record, by all records, seen by this leaf or not.
  EventClock before;
  EventClock after;
  uint64_t record_id = 0;
};

class DeltaQuery {
 public:
  using EvidenceOf = std::function<record::EvidencePtr(uint32_t order)>;

  DeltaQuery(DeltaPlan plan, DeltaSettings settings);

  [[nodiscard]] const DeltaPlan& plan() const { return plan_; }
  [[nodiscard]] const DeltaSettings& settings() const { return settings_; }

  // Tells when the stream began, with the first record ever; later calls change nothing. From then
  // on rows that are known beforehand (constant_rows.h) are looked at.
  void Begin(Ticks first_event_time);
  // Another input begins with this record. If it is older, the stream began there: records of live
  // traffic may come before those of a history that is read beside it.
  void BeginEarlier(Ticks first_event_time);
  // Adds rows of one batch for a leaf. `chunk` has the leaf's columns; rows that the leaf's
  // predicate drops may be among them. Every leaf is staged at most once per batch.
  void Stage(size_t branch,
             size_t leaf,
             const eval::Chunk& chunk,
             const std::vector<RowMeta>& meta);
  // Evaluates what was staged, in order of arrival.
  void Run(const EvidenceOf& evidence, std::vector<Finding>* found);
  // Event time has reached `clock`: timers up to there run, old state goes.
  void AdvanceTo(const EventClock& clock, std::vector<Finding>* found);

  // Findings that are over since the last call, if settings ask for it: once the watermark has
  // passed their end. Those of a plan without state, about one record each, never end.
  std::vector<Ended> TakeEnded() { return std::exchange(ended_, {}); }

  // AdvanceTo does nothing while `newest` is below this; kNever while nothing is stored.
  [[nodiscard]] Ticks next_due() const;

  // While T is below this, rules against a baseline raise nothing; 0 before Begin.
  [[nodiscard]] Ticks learning_until() const;
  // Event time of the first record ever; 0 before Begin.
  [[nodiscard]] Ticks origin() const { return origin_; }
  [[nodiscard]] size_t partitions() const;
  [[nodiscard]] size_t rows() const { return rows_; }
  [[nodiscard]] uint64_t evictions() const { return evictions_; }
  [[nodiscard]] uint64_t late_rows() const { return late_rows_; }

  // All result rows for T, as the batch driver would give them. Moves the cursors: only for tests,
  // and only for T at which nothing has been forgotten.
  std::vector<record::Row> ResultsAt(Ticks t);

  void Save(state::ByteWriter* out) const;
  Status Restore(state::ByteReader* in);

 private:
  struct Slot {
    explicit Slot(const BranchProgram& program) : partition(program) {}
    Partition partition;
    Ticks timer = kNever;
    const std::string* key = nullptr;
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Slots = std::unordered_map<std::string, Slot, TextHash, std::equal_to<>>;
  struct Branch {
    explicit Branch(const BranchPlan& branch) : program(branch) {}
    BranchProgram program;
    Slots slots;
    std::set<std::pair<Ticks, Slot*>> timers;
    Ticks reached = 0;  // the last T for which results could be raised
  };
  struct StagedRow {
    uint32_t order = 0;
    size_t branch = 0;
    size_t leaf = 0;
    std::string key;
    EventClock before;
    EventClock after;
    Ticks begin = 0;  // row.lo, had it not come late
    StoredRow row;
  };

  [[nodiscard]] Ticks Limit(const BranchPlan& branch, const EventClock& clock) const;
  void InsertRow(StagedRow staged, const EvidenceOf& evidence, std::vector<Finding>* found);
  void RunTimers(size_t branch, Ticks limit, Ticks watermark, std::vector<Finding>* found);
  void SetTimer(Branch* branch, Slot* slot);
  [[nodiscard]] Ticks ConstantsFrom(const Branch& branch) const;
  void AddConstants(Branch* branch,
                    std::map<std::string, std::vector<ConstantRow>> rows,
                    Ticks reached);
  template <class Keyed>
  void Tag(size_t branch, size_t from, std::vector<Keyed>* found) const;
  void Purge(size_t branch, Partition* partition, Ticks t);
  void EnforceBound();

  DeltaPlan plan_;
  DeltaSettings settings_;
  std::vector<std::unique_ptr<Branch>> branches_;
  std::vector<StagedRow> staged_;
  std::vector<Ended> ended_;
  Ticks origin_ = 0;  // 0: no record yet
  size_t rows_ = 0;
  uint64_t evictions_ = 0;
  uint64_t late_rows_ = 0;
};

}  // namespace keywatch::delta
