#include "app/sweep/sweep_values.h"

#include <gtest/gtest.h>

namespace keywatch::app {
namespace {

using rule::ParameterKind;
using Texts = std::vector<std::string>;

// The values, or what is wrong.
Texts Of(const std::string& values, ParameterKind kind = ParameterKind::kNumber) {
  Result<Texts> result = SweepValues(values, kind);
  return result ? *result : Texts{result.error().message()};
}

bool Refused(const std::string& values,
             const std::string& part,
             ParameterKind kind = ParameterKind::kNumber) {
  Result<Texts> result = SweepValues(values, kind);
  EXPECT_FALSE(result) << values;
  return !result && result.error().message().find(part) != std::string::npos;
}

TEST(SweepValues, Ranges) {
  EXPECT_EQ(Of("5..8"), (Texts{"5", "6", "7", "8"}));
  EXPECT_EQ(Of("5..5"), (Texts{"5"}));
  EXPECT_EQ(Of("5..50:20"), (Texts{"5", "25", "45"}));
  EXPECT_EQ(Of("-2..2:2"), (Texts{"-2", "0", "2"}));
  EXPECT_EQ(Of("0..0.3:0.1"), (Texts{"0.0", "0.1", "0.2", "0.3"}));
  EXPECT_EQ(Of("0.5..2:0.5"), (Texts{"0.5", "1.0", "1.5", "2.0"}));
  EXPECT_EQ(Of("10m..1h:25m", ParameterKind::kTimespan), (Texts{"10m", "35m", "1h"}));
  EXPECT_EQ(Of("1d..3d:1d", ParameterKind::kTimespan), (Texts{"1d", "2d", "3d"}));
  EXPECT_EQ(Of("1..200").size(), 200U);
}

TEST(SweepValues, Lists) {
  EXPECT_EQ(Of("5,10,5,20"), (Texts{"5", "10", "20"}));
  EXPECT_EQ(Of("1,1.5"), (Texts{"1.0", "1.5"}));
  EXPECT_EQ(Of("90s,1h", ParameterKind::kTimespan), (Texts{"90s", "1h"}));
  EXPECT_EQ(Of("true,false", ParameterKind::kBool), (Texts{"true", "false"}));
}

TEST(SweepValues, WhatIsNone) {
  EXPECT_TRUE(Refused("5,x", "expected a number, found x; write a range, such as"));
  EXPECT_TRUE(Refused("5,", "expected a number, found "));
  EXPECT_TRUE(Refused("..5", "expected a number"));
  EXPECT_TRUE(Refused("nan", "expected a number"));
  EXPECT_TRUE(Refused("1e300", "expected a number"));
  EXPECT_TRUE(Refused("9..5", "from the lower value to the higher"));
  EXPECT_TRUE(Refused("5..9:0", "must be more than 0"));
  EXPECT_TRUE(Refused("5..9:1:1", "one step"));
  EXPECT_TRUE(Refused("1..201", "201 values, at most 200: give a longer step"));
  EXPECT_TRUE(Refused("0..1000000000000", "values, at most 200"));
  EXPECT_TRUE(Refused("0.5..2", "needs a step behind it, such as 0.5..2:0.5"));
  EXPECT_TRUE(
      Refused("5m..2h", "needs a step behind it, such as 5m..2h:5m", ParameterKind::kTimespan));
  EXPECT_TRUE(Refused("5", "expected a timespan, such as 10m, found 5", ParameterKind::kTimespan));
  EXPECT_TRUE(Refused("10m", "expected a number", ParameterKind::kNumber));
  EXPECT_TRUE(Refused("false..true", "found a range", ParameterKind::kBool));
  EXPECT_TRUE(Refused("a,b", "a number, a timespan or a bool", ParameterKind::kText));
}

TEST(SweepRequest, NameAndValues) {
  Result<SweepRequest> request = ParseSweepRequest("threshold=5..50:5");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->name, "threshold");
  EXPECT_EQ(request->values, "5..50:5");
  for (const char* text : {"", "threshold", "=5", "threshold="}) {
    Result<SweepRequest> wrong = ParseSweepRequest(text);
    ASSERT_FALSE(wrong) << text;
    EXPECT_NE(wrong.error().message().find("expected NAME=VALUES"), std::string::npos);
  }
}

}  // namespace
}  // namespace keywatch::app
