// Random typed expressions and rows, for tests that hold several ways of evaluating against each
// other.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "engine/plan/expr.h"
#include "engine/record/schema.h"

namespace keywatch::eval {

class RandomExpr {
 public:
  explicit RandomExpr(uint64_t seed) : random_(seed) {}

  // Two columns of every type but guid.
  static record::Schema Columns();
  record::Row Row();
  // An expression over Columns() of the type, at most `depth` calls deep.
  plan::ExprPtr Make(record::Type type, int depth);
  record::Type AnyType();

 private:
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  record::Value AnyValue(record::Type type);
  plan::ExprPtr Leaf(record::Type type);

  std::mt19937_64 random_;
};

}  // namespace keywatch::eval
