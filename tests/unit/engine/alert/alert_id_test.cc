#include "engine/alert/alert_id.h"

#include <limits>
#include <set>

#include <gtest/gtest.h>

namespace keywatch::alert {
namespace {

using record::Dynamic;
using record::ParseJson;
using record::Row;
using record::Type;
using record::Value;

Value Json(const char* text) { return Value::Of(*ParseJson(text)); }

// The ids are on disks and in tickets: this one must never change.
TEST(AlertIdTest, IsPinned) {
  Row key = {Value::String("203.0.113.7"), Value::Long(5), Value::Null(Type::kDatetime)};
  EXPECT_EQ(AlertId("rule-1", key, 638'000'000'000'000'000), "8e6d8ab130d8ae7a682ba92b30cff05a");
}

TEST(AlertIdTest, NeighboursDiffer) {
  const Row keys[] = {
      {},
      {Value::String("")},
      {Value::String(""), Value::String("")},
      {Value::String("ab"), Value::String("c")},
      {Value::String("a"), Value::String("bc")},
      {Value::String(std::string("a\0", 2))},
      {Value::String("a")},
      {Value::Guid("a")},
      {Value::String("1")},
      {Value::Long(1)},
      {Value::Real(1.5)},
      {Value::Bool(true)},
      {Value::Datetime(1)},
      {Value::Timespan(1)},
      {Value::Null(Type::kLong)},
      {Json(R"([1,2])")},
      {Json(R"([[1],2])")},
      {Json(R"([[1,2]])")},
      {Json(R"({"a":1,"b":2})")},
      {Json(R"({"a":2,"b":1})")},
      {Json(R"({"a":{"b":1}})")},
      {Json(R"("1")")},
      {Json("true")},
  };
  std::set<std::string> ids;
  for (const Row& key : keys) {
    std::string id = AlertId("rule", key, 7);
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), std::size(keys));
  EXPECT_NE(AlertId("rule", {}, 7), AlertId("rule", {}, 8));
  EXPECT_NE(AlertId("rule", {}, 7), AlertId("rule2", {}, 7));
}

// What groups and joins call the same key is the same finding.
TEST(AlertIdTest, TheSameKeyHasTheSameId) {
  double nan = std::numeric_limits<double>::quiet_NaN();
  const std::pair<Value, Value> same[] = {
      {Value::Long(3), Value::Int(3)},
      {Value::Long(3), Value::Real(3.0)},
      {Value::Real(0.0), Value::Real(-0.0)},
      {Value::Real(nan), Value::Real(-nan)},
      {Value::Null(Type::kLong), Value::Null(Type::kDatetime)},
      {Json(R"({"a":1,"b":[true,null]})"), Json(R"({"b":[true,null],"a":1.0})")},
  };
  for (const auto& [a, b] : same) {
    EXPECT_TRUE(record::SameKey(a, b));
    EXPECT_EQ(AlertId("r", {a}, 1), AlertId("r", {b}, 1));
  }
}

}  // namespace
}  // namespace keywatch::alert
