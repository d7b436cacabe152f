// Aggregates that rows can be added to and taken from: the incremental twin of batch::Aggregated.
//
// Everything is kept in a form in which removal is exact: counts, 128-bit integer sums, ordered
// multisets for min, max, dcount, sets and lists. Sums of reals round once, those of the batch
// driver at every row: they may differ in the last digits.
#pragma once

#include <map>
#include <vector>

#include "engine/delta/real_sum.h"
#include "engine/plan/node.h"

namespace keywatch::delta {

struct RowLess {
  bool operator()(const record::Row& a, const record::Row& b) const;
};

class Accumulator {
 public:
  explicit Accumulator(const plan::Aggregate& aggregate);

  // `args` holds the aggregate's arguments for one row; weight +1 adds it, -1 takes it away.
  void Apply(const record::Row& args, int weight);
  // One value, for arg_max and arg_min one per argument.
  [[nodiscard]] record::Row Result() const;

 private:
  enum class Kind { kCount, kSum, kBag, kExtreme };
  [[nodiscard]] bool Counts(const record::Row& args) const;
  [[nodiscard]] record::Value Collected() const;

  const plan::Aggregate* aggregate_;  // of the immutable plan
  Kind kind_ = Kind::kCount;
  int64_t count_ = 0;  // rows that count
  // Wide enough for an average of times; sum() takes it modulo 2^64.
  __extension__ __int128 whole_sum_ = 0;
  RealSum real_sum_;
  std::map<record::Row, int64_t, RowLess> bag_;  // rows of arguments, with how often
};

}  // namespace keywatch::delta
