#include "engine/record/value.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace keywatch::record {
namespace {

std::vector<Value> Samples() {
  double nan = std::numeric_limits<double>::quiet_NaN();
  double infinity = std::numeric_limits<double>::infinity();
  std::vector<Value> values;
  for (int64_t n : {std::numeric_limits<int64_t>::min(),
                    int64_t{-1},
                    int64_t{0},
                    int64_t{1},
                    int64_t{403},
                    int64_t{9007199254740992},
                    int64_t{9007199254740993},
                    int64_t{10'000'000'000'000'000},
                    std::numeric_limits<int64_t>::max()}) {
    values.push_back(Value::Long(n));
  }
  for (double x : {-infinity,
                   -1.0,
                   -0.0,
                   0.0,
                   0.5,
                   1.0,
                   403.0,
                   9007199254740992.0,
                   9007199254740994.0,
                   1e16,
                   -9223372036854775808.0,
                   9223372036854775808.0,
                   infinity,
                   nan}) {
    values.push_back(Value::Real(x));
  }
  for (const char* text : {"", "a", "A", "b"})
    values.push_back(Value::String(text));
  for (const char* json :
       {"1", "1.0", "\"a\"", "[1]", "[1.0]", R"({"a":1,"b":2})", R"({"b":2,"a":1})"}) {
    values.push_back(Value::Of(*ParseJson(json)));
  }
  for (Type type : {Type::kBool,
                    Type::kInt,
                    Type::kLong,
                    Type::kReal,
                    Type::kDatetime,
                    Type::kGuid,
                    Type::kDynamic}) {
    values.push_back(Value::Null(type));
  }
  values.push_back(Value::Int(1));
  values.push_back(Value::Bool(true));
  values.push_back(Value::Bool(false));
  values.push_back(Value::Datetime(5));
  values.push_back(Value::Timespan(5));
  values.push_back(Value::Guid("a"));
  return values;
}

TEST(Value, ComparisonIsAnOrderAndHashesFollowEquality) {
  std::vector<Value> values = Samples();
  for (const Value& a : values) {
    EXPECT_TRUE(SameKey(a, a)) << ToText(a);
    for (const Value& b : values) {
      auto forth = Compare(a, b);
      auto back = Compare(b, a);
      EXPECT_EQ(forth<0, back> 0) << ToText(a) << " / " << ToText(b);
      EXPECT_EQ(forth == 0, back == 0) << ToText(a) << " / " << ToText(b);
      if (forth == 0) {
        EXPECT_EQ(HashValue(a), HashValue(b)) << ToText(a) << " / " << ToText(b);
      }
      for (const Value& c : values) {
        if (a.type() == b.type() && b.type() == c.type() && forth < 0 && Compare(b, c) < 0) {
          EXPECT_TRUE(Compare(a, c) < 0) << ToText(a) << " / " << ToText(b) << " / " << ToText(c);
        }
        if (forth == 0 && Compare(b, c) == 0) {
          EXPECT_TRUE(Compare(a, c) == 0) << ToText(a) << " / " << ToText(b) << " / " << ToText(c);
        }
      }
    }
  }
}

TEST(Value, NumbersCompareExactlyAcrossTypes) {
  EXPECT_TRUE(SameKey(Value::Long(403), Value::Real(403.0)));
  EXPECT_FALSE(SameKey(Value::Long(9007199254740993), Value::Real(9007199254740992.0)));
  EXPECT_TRUE(Compare(Value::Long(9007199254740993), Value::Real(9007199254740992.0)) > 0);
  EXPECT_TRUE(Compare(Value::Long(std::numeric_limits<int64_t>::max()),
                      Value::Real(9223372036854775808.0)) < 0);
  EXPECT_TRUE(Compare(Value::Long(1), Value::Real(std::numeric_limits<double>::infinity())) < 0);
  EXPECT_TRUE(Compare(Value::Long(1), Value::Real(std::numeric_limits<double>::quiet_NaN())) > 0);
}

TEST(Value, NullsComeFirstAndAMissingStringIsEmpty) {
  EXPECT_TRUE(Compare(Value::Null(Type::kLong), Value::Long(std::numeric_limits<int64_t>::min())) <
              0);
  EXPECT_TRUE(SameKey(Value::Null(Type::kLong), Value::Null(Type::kLong)));
  EXPECT_FALSE(Value::Null(Type::kString).is_null());
  EXPECT_EQ(Value::Null(Type::kString).string(), "");
  EXPECT_TRUE(Value::Of(Dynamic{}).is_null()) << "JSON null";
  EXPECT_TRUE(Value::Of(DynamicPtr()).is_null());
}

TEST(Value, TextAsTostringWritesIt) {
  EXPECT_EQ(ToText(Value::Bool(true)), "True");
  EXPECT_EQ(ToText(Value::Bool(false)), "False");
  EXPECT_EQ(ToText(Value::Long(-5)), "-5");
  EXPECT_EQ(ToText(Value::Real(200)), "200.0");
  EXPECT_EQ(ToText(Value::Real(std::nan(""))), "NaN");
  EXPECT_EQ(ToText(Value::Datetime(kUnixEpoch)), "1970-01-01T00:00:00.0000000Z");
  EXPECT_EQ(ToText(Value::Timespan(kTicksPerDay)), "1.00:00:00");
  EXPECT_EQ(ToText(Value::Null(Type::kReal)), "");
  EXPECT_EQ(ToText(Value::Of(*ParseJson("\"x\""))), "x") << "a dynamic string comes unquoted";
  EXPECT_EQ(ToText(Value::Of(*ParseJson("{\"a\":\"x\"}"))), R"({"a":"x"})");
}

TEST(Value, RowsAsKeys) {
  Row a = {Value::Long(1), Value::String("x"), Value::Null(Type::kReal)};
  Row b = {Value::Real(1.0), Value::String("x"), Value::Null(Type::kReal)};
  EXPECT_TRUE(SameRow(a, b));
  EXPECT_EQ(HashRow(a), HashRow(b));
  EXPECT_FALSE(SameRow(a, {Value::Long(1), Value::String("x")}));
  EXPECT_FALSE(SameRow(a, {Value::Long(1), Value::String("y"), Value::Null(Type::kReal)}));
}

}  // namespace
}  // namespace keywatch::record
