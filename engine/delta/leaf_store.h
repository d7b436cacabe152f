// What one partition remembers of one table: rows, each visible on an interval [lo, hi) of the T
// axis; or, where only presence matters, for equal rows the union of their intervals.
//
// Rows are ordered by lo for entering and by hi for leaving. Both orders are nearly that of
// arrival, so an insertion moves little.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/record/evidence.h"
#include "engine/record/value.h"

namespace keywatch::delta {

using record::Ticks;

struct StoredRow {
  Ticks lo = 0;
  Ticks hi = 0;
  Ticks event_time = 0;
  uint64_t record_id = 0;
  record::Row values;            // what the operator above reads
  record::EvidencePtr evidence;  // of the most recent rows only
};

class LeafStore {
 public:
  explicit LeafStore(bool presence) : presence_(presence) {}

  // False if this very record is already here.
  bool Insert(StoredRow row);
  // With presence: whether the row changes nothing at or before `cursor`, so that it can be merged
  // without going back in time.
  [[nodiscard]] bool ExtendsOnly(const StoredRow& row, Ticks cursor) const;

  // With presence: whether there is a row of these values all the time in [lo, hi).
  [[nodiscard]] bool Covers(const record::Row& values, Ticks lo, Ticks hi) const;

  // The first change after `t`, the last change at or before `t`.
  [[nodiscard]] std::optional<Ticks> NextChange(Ticks t) const;
  [[nodiscard]] std::optional<Ticks> LastChange(Ticks t) const;
  // The first row to become visible after `t`; when the last row leaves.
  [[nodiscard]] std::optional<Ticks> NextEntering(Ticks t) const;
  [[nodiscard]] std::optional<Ticks> End() const;
  // Rows that become visible, or stop being visible, at exactly `t`.
  void ForEachEntering(Ticks t, const std::function<void(const StoredRow&)>& use) const;
  void ForEachLeaving(Ticks t, const std::function<void(const StoredRow&)>& use) const;
  // Rows visible at `t`.
  void ForEachVisible(Ticks t, const std::function<void(const StoredRow&)>& use) const;
  void ForEach(const std::function<void(const StoredRow&)>& use) const;

  // Forgets rows that left at or before `t`. Their effect must have been taken back already.
  void Purge(Ticks t);
  // Keeps the evidence of at most `keep` rows, the latest.
  void TrimEvidence(size_t keep);

  [[nodiscard]] bool empty() const { return by_hi_.empty(); }
  [[nodiscard]] size_t size() const { return by_hi_.size(); }

 private:
  using Entry = std::pair<Ticks, uint32_t>;  // time, slot
  bool InsertPresence(StoredRow row);
  uint32_t NewSlot(StoredRow row);
  void Erase(uint32_t slot);
  // With presence: the slots of the rows of these values. Never empty; null if there are none.
  template <class Store>
  static auto* SlotsOf(Store& store, const record::Row& values);
  void RememberValues(uint32_t slot);
  void ForgetValues(uint32_t slot);

  bool presence_;
  std::vector<StoredRow> slots_;
  std::vector<uint32_t> free_;
  std::vector<Entry> by_lo_;
  std::vector<Entry> by_hi_;
  std::vector<uint32_t> with_evidence_;
  std::unordered_multimap<size_t, std::vector<uint32_t>> by_values_;  // SlotsOf, by hash
};

}  // namespace keywatch::delta
