// Records seen before: Azure Monitor delivers at least once. Identities are remembered for the
// allowed lateness of event time at least, twice that at most; later repeats meet the stored rows
// of the rules and the alert ids.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/record/record_batch.h"

namespace keywatch::pipeline {

class Duplicates {
 public:
  // Remembers at most 2 * `most` records.
  explicit Duplicates(record::Ticks horizon, size_t most = size_t{1} << 22);

  // Marks the rows of `batch` that were not seen before.
  void Mark(const record::RecordBatch& batch, std::vector<bool>* fresh);

  [[nodiscard]] uint64_t seen() const { return seen_; }

 private:
  // Open addressing over 64-bit identities; 0 marks a free place.
  class IdSet {
   public:
    bool Contains(uint64_t id) const;
    bool Insert(uint64_t id);  // false if it was there
    void Clear();
    [[nodiscard]] size_t size() const { return size_; }

   private:
    void Grow();
    std::vector<uint64_t> places_ = std::vector<uint64_t>(1024);
    size_t size_ = 0;
  };

  record::Ticks horizon_;
  size_t most_;
  IdSet current_;
  IdSet previous_;
  record::Ticks turn_at_ = 0;  // event time at which current becomes previous
  uint64_t seen_ = 0;
};

}  // namespace keywatch::pipeline
