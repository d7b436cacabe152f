#include "engine/batch/executor.h"

#include <gtest/gtest.h>

#include "engine/batch/aggregate.h"

namespace keywatch::batch {
namespace {

using record::Type;
using record::Value;

plan::NodePtr ScanOf(record::Schema schema) {
  return plan::MakeNode(std::move(schema), plan::Scan{"T"});
}

TEST(Executor, AnUnknownTableIsEmpty) {
  EXPECT_TRUE(Execute(ScanOf({{{"a", Type::kLong}}}), {}, 0).empty());
}

TEST(Executor, ColumnsAreFoundByNameAndMissingOnesAreNull) {
  Tables tables;
  tables["T"] = {{{{"a", Type::kLong}, {"b", Type::kString}}},
                 {{Value::Long(1), Value::String("x")}}};
  std::vector<record::Row> rows = Execute(
      ScanOf({{{"b", Type::kString}, {"c", Type::kLong}, {"s", Type::kString}}}), tables, 0);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][0].string(), "x");
  EXPECT_TRUE(rows[0][1].is_null());
  EXPECT_EQ(rows[0][2].string(), "");
}

TEST(Executor, ARangeThatNeverEndsIsCut) {
  record::Schema schema{{{"x", Type::kLong}}};
  plan::NodePtr range = plan::MakeNode(schema,
                                       plan::Range{plan::Constant(Value::Long(0)),
                                                   plan::Constant(Value::Long(INT64_MAX)),
                                                   plan::Constant(Value::Long(1))});
  EXPECT_EQ(Execute(range, {}, 0).size(), 1'000'000U);
}

TEST(Executor, ARangeStopsAtTheLastNumber) {
  record::Schema schema{{{"x", Type::kLong}}};
  plan::NodePtr range = plan::MakeNode(schema,
                                       plan::Range{plan::Constant(Value::Long(INT64_MAX - 1)),
                                                   plan::Constant(Value::Long(INT64_MAX)),
                                                   plan::Constant(Value::Long(1))});
  EXPECT_EQ(Execute(range, {}, 0).size(), 2U);
}

TEST(Aggregate, TheMeanOfTimesIsExact) {
  plan::Aggregate average{"avg", {}, Type::kDatetime, 0};
  const record::Ticks late = 638'500'000'000'000'001;
  std::vector<Value> result =
      Aggregated(average, {{Value::Datetime(late), Value::Datetime(late + 2)}}, 2);
  EXPECT_EQ(result[0].integral(), late + 1);
}

TEST(Aggregate, ASetTellsANumberFromItsTextAndOpensArrays) {
  plan::Aggregate set{"make_set", {}, Type::kDynamic, 10};
  auto json = [](const char* text) { return Value::Of(*record::ParseJson(text)); };
  std::vector<Value> result =
      Aggregated(set, {{json("1"), json("1"), json("\"1\""), json("[1,2]")}}, 4);
  EXPECT_EQ(record::ToText(result[0]), "[1,\"1\",2]");
}

}  // namespace
}  // namespace keywatch::batch
