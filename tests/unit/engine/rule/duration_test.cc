#include "engine/rule/duration.h"

#include <gtest/gtest.h>

namespace keywatch::rule {
namespace {

using record::kTicksPerDay;
using record::kTicksPerHour;
using record::kTicksPerMillisecond;
using record::kTicksPerMinute;
using record::kTicksPerSecond;

TEST(ParseDuration, ReadsWhatRuleFilesAndArmTemplatesWrite) {
  EXPECT_EQ(ParseDuration("1d"), kTicksPerDay);
  EXPECT_EQ(ParseDuration("2h"), 2 * kTicksPerHour);
  EXPECT_EQ(ParseDuration("5m"), 5 * kTicksPerMinute);
  EXPECT_EQ(ParseDuration("1.5h"), 90 * kTicksPerMinute);
  EXPECT_EQ(ParseDuration("500ms"), 500 * kTicksPerMillisecond);
  EXPECT_EQ(ParseDuration("0s"), 0);
  EXPECT_EQ(ParseDuration("PT5M"), 5 * kTicksPerMinute);
  EXPECT_EQ(ParseDuration("P14D"), 14 * kTicksPerDay);
  EXPECT_EQ(ParseDuration("P1W"), 7 * kTicksPerDay);
  EXPECT_EQ(ParseDuration("P1DT12H30M10S"),
            kTicksPerDay + 12 * kTicksPerHour + 30 * kTicksPerMinute + 10 * kTicksPerSecond);
  EXPECT_EQ(ParseDuration("00:05:00"), 5 * kTicksPerMinute);
  EXPECT_EQ(ParseDuration("1.02:00:00"), kTicksPerDay + 2 * kTicksPerHour);
}

TEST(ParseDuration, RefusesWhatNobodyCouldReadForSure) {
  for (const char* text :
       {"",     "5",   "1.5",  "-5m",           "5 apples",    "P",      "PT",
        "P5",   "PT5", "PT5D", "P1M",           "P1Y",         "PT5M3H", "PT5M5M",
        "P1DT", "m5",  " 5m",  "PT9999999999H", "P999999999W", "5m5m",   "1d2h"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(FormatDuration, IsReadBackAsTheSame) {
  EXPECT_EQ(FormatDuration(14 * kTicksPerDay), "14d");
  EXPECT_EQ(FormatDuration(90 * kTicksPerSecond), "90s");
  EXPECT_EQ(FormatDuration(0), "0s");
  for (record::Ticks ticks : {kTicksPerMillisecond,
                              kTicksPerSecond,
                              61 * kTicksPerMinute,
                              25 * kTicksPerHour,
                              kTicksPerSecond + 1}) {
    EXPECT_EQ(ParseDuration(FormatDuration(ticks)), ticks);
  }
}

TEST(ParseSize, NeedsAUnit) {
  EXPECT_EQ(ParseSize("512KiB"), 512 * 1024);
  EXPECT_EQ(ParseSize("64MiB"), 64 * 1024 * 1024);
  EXPECT_EQ(ParseSize("2GiB"), int64_t{2} << 30);
  EXPECT_EQ(ParseSize("10B"), 10);
  for (const char* text : {"", "5", "MiB", "5MB", "-1MiB", "1.5GiB", "9999999999B"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
  EXPECT_EQ(FormatSize(int64_t{256} << 20), "256MiB");
  EXPECT_EQ(FormatSize(1000), "1000B");
}

}  // namespace
}  // namespace keywatch::rule
