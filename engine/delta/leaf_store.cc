#include "engine/delta/leaf_store.h"

#include <algorithm>

namespace keywatch::delta {
namespace {

using Entry = std::pair<Ticks, uint32_t>;

void InsertSorted(Entry entry, std::vector<Entry>* into) {
  auto at = std::upper_bound(
      into->begin(), into->end(), entry.first, [](Ticks t, const Entry& e) { return t < e.first; });
  into->insert(at, entry);
}

std::vector<Entry>::const_iterator FirstAt(const std::vector<Entry>& entries, Ticks t) {
  return std::lower_bound(
      entries.begin(), entries.end(), t, [](const Entry& e, Ticks time) { return e.first < time; });
}

void RemoveSorted(Ticks time, uint32_t slot, std::vector<Entry>* from) {
  auto at = FirstAt(*from, time);
  while (at->second != slot)
    ++at;
  from->erase(at);
}

}  // namespace

uint32_t LeafStore::NewSlot(StoredRow row) {
  uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(slots_.size());
    slots_.push_back(std::move(row));
  } else {
    slot = free_.back();
    free_.pop_back();
    slots_[slot] = std::move(row);
  }
  InsertSorted({slots_[slot].lo, slot}, &by_lo_);
  InsertSorted({slots_[slot].hi, slot}, &by_hi_);
  if (slots_[slot].evidence != nullptr)
    with_evidence_.push_back(slot);
  if (presence_)
    RememberValues(slot);
  return slot;
}

template <class Store>
auto* LeafStore::SlotsOf(Store& store, const record::Row& values) {
  auto [at, end] = store.by_values_.equal_range(record::HashRow(values));
  while (at != end && !record::SameRow(store.slots_[at->second.front()].values, values))
    ++at;
  return at == end ? nullptr : &at->second;
}

void LeafStore::RememberValues(uint32_t slot) {
  const record::Row& values = slots_[slot].values;
  if (std::vector<uint32_t>* known = SlotsOf(*this, values)) {
    known->push_back(slot);
  } else {
    by_values_.emplace(record::HashRow(values), std::vector<uint32_t>{slot});
  }
}

void LeafStore::ForgetValues(uint32_t slot) {
  auto [at, end] = by_values_.equal_range(record::HashRow(slots_[slot].values));
  for (; at != end; ++at) {
    if (std::erase(at->second, slot) == 0)
      continue;
    if (at->second.empty())
      by_values_.erase(at);
    return;
  }
}

void LeafStore::Erase(uint32_t slot) {
  if (presence_)
    ForgetValues(slot);
  RemoveSorted(slots_[slot].lo, slot, &by_lo_);
  RemoveSorted(slots_[slot].hi, slot, &by_hi_);
  if (slots_[slot].evidence != nullptr)
    std::erase(with_evidence_, slot);
  slots_[slot] = {};
  free_.push_back(slot);
}

bool LeafStore::Insert(StoredRow row) {
  if (presence_)
    return InsertPresence(std::move(row));
  // The same record has the same hi: only lo depends on when it arrived.
  for (auto at = FirstAt(by_hi_, row.hi); at != by_hi_.end() && at->first == row.hi; ++at) {
    const StoredRow& other = slots_[at->second];
    if (other.record_id == row.record_id && other.event_time == row.event_time)
      return false;
  }
  NewSlot(std::move(row));
  return true;
}

// Intervals of equal values are kept disjoint and not touching.
bool LeafStore::InsertPresence(StoredRow row) {
  std::vector<uint32_t> merged;
  if (const std::vector<uint32_t>* known = SlotsOf(*this, row.values)) {
    for (uint32_t slot : *known) {
      const StoredRow& other = slots_[slot];
      if (other.lo > row.hi || other.hi < row.lo)
        continue;
      if (other.lo <= row.lo && other.hi >= row.hi)
        return false;
      merged.push_back(slot);
    }
    for (uint32_t slot : merged) {
      row.lo = std::min(row.lo, slots_[slot].lo);
      row.hi = std::max(row.hi, slots_[slot].hi);
    }
  }
  if (merged.size() == 1 && slots_[merged[0]].lo == row.lo) {  // by far the most: seen again, later
    StoredRow& longer = slots_[merged[0]];
    RemoveSorted(longer.hi, merged[0], &by_hi_);
    longer.hi = row.hi;
    InsertSorted({longer.hi, merged[0]}, &by_hi_);
    return true;
  }
  for (uint32_t slot : merged)
    Erase(slot);
  NewSlot(std::move(row));
  return true;
}

bool LeafStore::ExtendsOnly(const StoredRow& row, Ticks cursor) const {
  if (row.lo > cursor)
    return true;
  const std::vector<uint32_t>* known = SlotsOf(*this, row.values);
  return known != nullptr && std::any_of(known->begin(), known->end(), [&](uint32_t slot) {
           return slots_[slot].lo <= row.lo && slots_[slot].hi > cursor;
         });
}

bool LeafStore::Covers(const record::Row& values, Ticks lo, Ticks hi) const {
  const std::vector<uint32_t>* known = SlotsOf(*this, values);
  return known != nullptr && std::any_of(known->begin(), known->end(), [&](uint32_t slot) {
           return slots_[slot].lo <= lo && slots_[slot].hi >= hi;
         });
}

std::optional<Ticks> LeafStore::NextChange(Ticks t) const {
  std::optional<Ticks> next;
  for (const auto* entries : {&by_lo_, &by_hi_}) {
    auto at = FirstAt(*entries, t + 1);
    if (at != entries->end() && (!next || at->first < *next))
      next = at->first;
  }
  return next;
}

std::optional<Ticks> LeafStore::LastChange(Ticks t) const {
  std::optional<Ticks> last;
  for (const auto* entries : {&by_lo_, &by_hi_}) {
    auto at = FirstAt(*entries, t + 1);
    if (at != entries->begin() && (!last || std::prev(at)->first > *last)) {
      last = std::prev(at)->first;
    }
  }
  return last;
}

std::optional<Ticks> LeafStore::NextEntering(Ticks t) const {
  if (by_lo_.empty() || by_lo_.back().first <= t)
    return std::nullopt;
  return FirstAt(by_lo_, t + 1)->first;
}

std::optional<Ticks> LeafStore::End() const {
  return by_hi_.empty() ? std::nullopt : std::optional(by_hi_.back().first);
}

void LeafStore::ForEachEntering(Ticks t, const std::function<void(const StoredRow&)>& use) const {
  for (auto at = FirstAt(by_lo_, t); at != by_lo_.end() && at->first == t; ++at) {
    use(slots_[at->second]);
  }
}

void LeafStore::ForEachLeaving(Ticks t, const std::function<void(const StoredRow&)>& use) const {
  for (auto at = FirstAt(by_hi_, t); at != by_hi_.end() && at->first == t; ++at) {
    use(slots_[at->second]);
  }
}

void LeafStore::ForEachVisible(Ticks t, const std::function<void(const StoredRow&)>& use) const {
  for (auto at = FirstAt(by_hi_, t + 1); at != by_hi_.end(); ++at) {
    if (slots_[at->second].lo <= t)
      use(slots_[at->second]);
  }
}

void LeafStore::ForEach(const std::function<void(const StoredRow&)>& use) const {
  for (const auto& [hi, slot] : by_hi_)
    use(slots_[slot]);
}

void LeafStore::Purge(Ticks t) {
  auto end = FirstAt(by_hi_, t + 1);
  auto gone = static_cast<size_t>(end - by_hi_.cbegin());
  // Removing from the front moves the rest: wait until it is a good part.
  if (gone == 0 || (gone < by_hi_.size() / 4 && gone < by_hi_.size()))
    return;
  for (auto at = by_hi_.cbegin(); at != end; ++at) {
    if (slots_[at->second].evidence != nullptr)
      std::erase(with_evidence_, at->second);
    if (presence_)
      ForgetValues(at->second);
    slots_[at->second] = {};
    slots_[at->second].hi = t;  // marks it for the pass over by_lo_
    free_.push_back(at->second);
  }
  by_hi_.erase(by_hi_.cbegin(), end);
  std::erase_if(by_lo_, [&](const Entry& entry) { return slots_[entry.second].hi <= t; });
  if (by_hi_.empty()) {
    slots_ = {};
    free_ = {};
  }
}

void LeafStore::TrimEvidence(size_t keep) {
  if (with_evidence_.size() <= keep)
    return;
  size_t drop = with_evidence_.size() - keep;
  for (size_t i = 0; i < drop; ++i)
    slots_[with_evidence_[i]].evidence.reset();
  with_evidence_.erase(with_evidence_.begin(),
                       with_evidence_.begin() + static_cast<ptrdiff_t>(drop));
}

}  // namespace keywatch::delta
