#include "engine/delta/temporal.h"

#include <gtest/gtest.h>

namespace keywatch::delta {
namespace {

using plan::ExprPtr;
using record::Type;
using record::Value;

ExprPtr Time() { return plan::ColumnRef(0, Type::kDatetime); }
ExprPtr Ago(record::Ticks span) {
  return plan::CallOf("-", Type::kDatetime, {plan::Now(), plan::Constant(Value::Timespan(span))});
}
ExprPtr Compare(const char* op, ExprPtr left, ExprPtr right) {
  return plan::CallOf(op, Type::kBool, {std::move(left), std::move(right)});
}

struct Case {
  const char* what;
  ExprPtr conjunct;
  bool lower;
  record::Ticks offset;
};

// For a row with time t: visible from t + offset on (lower), or until before t + offset.
TEST(Temporal, ComparisonsWithNow) {
  std::vector<Case> cases = {
      {"t > ago(10)", Compare(">", Time(), Ago(10)), false, 10},
      {"t >= ago(10)", Compare(">=", Time(), Ago(10)), false, 11},
      {"t < ago(10)", Compare("<", Time(), Ago(10)), true, 11},
      {"t <= ago(10)", Compare("<=", Time(), Ago(10)), true, 10},
      {"ago(10) < t", Compare("<", Ago(10), Time()), false, 10},
      {"now() >= t", Compare(">=", plan::Now(), Time()), true, 0},
      {"not(t < ago(10))",
       plan::CallOf("not", Type::kBool, {Compare("<", Time(), Ago(10))}),
       false,
       11},
  };
  for (const Case& c : cases) {
    TemporalBound bound;
    ASSERT_EQ(ClassifyConjunct(c.conjunct, &bound), TimeUse::kBound) << c.what;
    EXPECT_EQ(bound.lower, c.lower) << c.what;
    EXPECT_EQ(bound.offset, c.offset) << c.what;
  }
}

TEST(Temporal, WhatIsNoBound) {
  TemporalBound bound;
  ExprPtr constant = plan::Constant(Value::Datetime(5));
  EXPECT_EQ(ClassifyConjunct(Compare(">", Time(), constant), &bound), TimeUse::kNone);
  EXPECT_EQ(ClassifyConjunct(Compare("==", Time(), Ago(1)), &bound), TimeUse::kUnsupported);
  ExprPtr of_now = plan::CallOf("startofday", Type::kDatetime, {plan::Now()});
  EXPECT_EQ(ClassifyConjunct(Compare(">", Time(), of_now), &bound), TimeUse::kUnsupported);
  EXPECT_EQ(ClassifyConjunct(Compare("<", plan::Now(), Ago(1)), &bound), TimeUse::kUnsupported);
}

}  // namespace
}  // namespace keywatch::delta
