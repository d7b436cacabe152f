// The state of one branch for one partition key: stored rows, operators, and which results hold.
//
// The operators always show the exact state for one instant T, the cursor. Moving the cursor
// forward past a change (a row becomes or stops being visible) sends that row with weight +1 or -1
// through the operators; moving it back undoes the same. A row that is visible before the cursor
// (it came late) is inserted by going back, inserting, and going forward again, so the order of
// arrival does not matter. What the operators hold can be rebuilt from the stored rows at any time:
// only rows, cursor and raised intervals are saved in a snapshot.
//
// For every result key the partition knows the intervals of T for which a result was raised, and
// raises only what does not touch one of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/delta/accumulator.h"
#include "engine/delta/branch_program.h"
#include "engine/delta/leaf_store.h"

namespace keywatch::delta {

inline constexpr Ticks kNever = INT64_MAX;

// A result row that begins to hold at `start`.
struct Finding {
  record::Row key;  // what makes it the same finding: group key, or the record's identity
  Ticks start = 0;  // the first T of the interval
  record::Row row;  // the result row, as of `start`
  Ticks first_event = 0;
  Ticks last_event = 0;
  std::vector<record::EvidencePtr> evidence;  // latest last
};

// An interval of T for which a result was raised; `end` is kNever while it holds.
struct RaisedInterval {
  record::Row key;
  Ticks start = 0;
  Ticks end = kNever;
  Ticks first_start = 0;  // as it was raised: late rows may have moved `start` since
};

// A raised interval that is over for good: no record can reopen it.
struct Ended {
  record::Row key;
  Ticks start = 0;  // of the finding, as it was raised
  Ticks end = 0;    // the first T at which it did not hold any more
};

// A row on its way through the operators.
struct DeltaRow {
  record::Row values;
  record::Row key;
};

class Partition {
 public:
  explicit Partition(const BranchProgram& program);

  // Adds a row of leaf `leaf`. A result that begins at or before `limit` because of it goes to
  // `found`. Returns false if the record was here before.
  bool Insert(size_t leaf, StoredRow row, Ticks limit, std::vector<Finding>* found);
  // Whether the row can be part of no result whatever comes: what an anti join compares it with is
  // there all the time that it is visible.
  [[nodiscard]] bool IsHidden(size_t leaf, const StoredRow& row) const;
  // Moves on through all changes at or before `t`.
  void Advance(Ticks t, std::vector<Finding>* found);
  // The next T > cursor() at which a result may begin without a new row; null if none is known.
  // Where results only begin with a row that enters, rows that leave are not waited for: their
  // effect is taken back when the cursor next moves.
  [[nodiscard]] std::optional<Ticks> NextBegin() const;
  // Once the watermark is past this, Purge leaves the partition empty.
  [[nodiscard]] Ticks End() const;
  // The next T > cursor() at which something raised may turn out to be over, once the watermark,
  // which is `lag` behind, has passed it; null if nothing is raised.
  [[nodiscard]] std::optional<Ticks> NextEnd(Ticks lag) const;
  // Forgets what can no longer matter for any T > t. The cursor must have passed all changes up to
  // t. Raised intervals that are over go to `ended`, if it is given.
  void Purge(Ticks t, std::vector<Ended>* ended = nullptr);
  [[nodiscard]] bool empty() const;
  [[nodiscard]] bool has_raised() const { return !raised_.empty(); }
  [[nodiscard]] size_t rows() const;

  // The result rows at the cursor.
  [[nodiscard]] std::vector<record::Row> Results() const;
  // Moves the cursor to any T, raising nothing: for comparing with the batch driver.
  void MoveSilently(Ticks t);

  // For snapshots.
  [[nodiscard]] const std::vector<LeafStore>& leaves() const { return leaves_; }
  [[nodiscard]] const std::vector<RaisedInterval>& raised() const { return raised_; }
  [[nodiscard]] Ticks cursor() const { return cursor_; }
  void Restore(size_t leaf, StoredRow row) { leaves_[leaf].Insert(std::move(row)); }
  void RestoreDone(Ticks cursor, std::vector<RaisedInterval> raised);

 private:
  [[nodiscard]] std::optional<Ticks> NextChange() const;

  struct Group {
    int64_t rows = 0;
    std::vector<Accumulator> accumulators;
    std::optional<record::Row> emitted;  // not of the top operator
    bool dirty = false;
  };
  using Groups = std::unordered_map<record::Row, Group, record::RowHash, record::RowEqual>;
  struct Match {
    std::map<record::Row, std::pair<DeltaRow, int64_t>, RowLess> left;  // by row key
    int64_t right = 0;
  };
  using Matches = std::unordered_map<record::Row, Match, record::RowHash, record::RowEqual>;
  struct OpState {
    Groups groups;
    std::vector<const record::Row*> dirty;  // keys of groups to emit
    Matches matches;
  };
  struct Held {  // a row of the top operator that is not a group
    DeltaRow row;
    int64_t weight = 0;
  };
  // A result that began during the pass and touches nothing raised so far.
  struct Pending {
    Finding finding;
    Ticks end = kNever;
  };

  void Forward(Ticks t, bool observe);
  void Backward(Ticks t);
  void ApplyChanges(Ticks t, bool forward);
  void PushLeaf(size_t leaf, const StoredRow& row, int weight);
  void Push(size_t op, size_t port, DeltaRow row, int weight);
  void PushUp(size_t op, DeltaRow row, int weight);
  void PushGroup(size_t op, const record::Row& values, int weight);
  void PushSemi(size_t op, size_t port, DeltaRow row, int weight);
  void PushTop(DeltaRow row, int weight);
  void Settle();
  void SettleGroup(size_t op);
  void SettleTopGroups();

  record::Row GroupRow(size_t op,
                       const record::Row& key,
                       const Group& group,
                       const std::vector<bool>* only) const;
  [[nodiscard]] record::Row ResultRow(const record::Row& key) const;
  void SetPresent(const record::Row& key, bool present);
  void Appeared(const record::Row& key);
  void Vanished(const record::Row& key);
  void FinishPass(std::vector<Finding>* found);
  void Reopen();
  void JoinRaised();
  RaisedInterval* Touching(const record::Row& key, Ticks start, Ticks end);
  void FillEvidence(Finding* finding) const;

  const BranchProgram* program_;
  Ticks cursor_ = INT64_MIN;
  std::vector<LeafStore> leaves_;
  std::vector<OpState> states_;  // by operator; empty for those without state
  std::map<record::Row, Held, RowLess> held_;
  std::map<record::Row, bool, RowLess> present_;  // keys of the results at the cursor
  std::vector<record::Row> touched_;              // held_ keys to look at when settling
  std::vector<RaisedInterval> raised_;
  bool observing_ = false;
  bool extended_ = false;  // since JoinRaised, a raised interval became longer
  std::map<record::Row, Pending, RowLess> pending_;
  std::vector<Pending> ended_;
};

}  // namespace keywatch::delta
