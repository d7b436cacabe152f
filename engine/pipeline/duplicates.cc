#include "engine/pipeline/duplicates.h"

#include <utility>

namespace keywatch::pipeline {

bool Duplicates::IdSet::Contains(uint64_t id) const {
  size_t mask = places_.size() - 1;
  for (size_t at = id & mask; places_[at] != 0; at = (at + 1) & mask) {
    if (places_[at] == id)
      return true;
  }
  return false;
}

bool Duplicates::IdSet::Insert(uint64_t id) {
  if ((size_ + 1) * 4 > places_.size() * 3)
    Grow();
  size_t mask = places_.size() - 1;
  size_t at = id & mask;
  for (; places_[at] != 0; at = (at + 1) & mask) {
    if (places_[at] == id)
      return false;
  }
  places_[at] = id;
  ++size_;
  return true;
}

void Duplicates::IdSet::Grow() {
  std::vector<uint64_t> old(places_.size() * 2);
  old.swap(places_);
  size_t mask = places_.size() - 1;
  for (uint64_t id : old) {
    if (id == 0)
      continue;
    size_t at = id & mask;
    while (places_[at] != 0)
      at = (at + 1) & mask;
    places_[at] = id;
  }
}

void Duplicates::IdSet::Clear() {
  places_.assign(1024, 0);
  size_ = 0;
}

Duplicates::Duplicates(record::Ticks horizon, size_t most) : horizon_(horizon), most_(most) {}

void Duplicates::Mark(const record::RecordBatch& batch, std::vector<bool>* fresh) {
  fresh->assign(batch.rows, true);
  for (size_t row = 0; row < batch.rows; ++row) {
    if (batch.event_time[row] > turn_at_ || current_.size() >= most_) {
      std::swap(previous_, current_);
      current_.Clear();
      turn_at_ = batch.event_time[row] + horizon_;
    }
    uint64_t id = batch.record_id[row] == 0 ? 1 : batch.record_id[row];
    if (previous_.Contains(id) || !current_.Insert(id)) {
      (*fresh)[row] = false;
      ++seen_;
    }
  }
}

}  // namespace keywatch::pipeline
