#include "app/page/format_text.h"

#include <gtest/gtest.h>

namespace keywatch::app::page {
namespace {

using namespace record;  // the constants

constexpr Ticks kNow = kUnixEpoch + 20'000 * kTicksPerDay;

TEST(FormatText, Counts) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
}

TEST(FormatText, Spans) {
  EXPECT_EQ(FormatSpan(6080), "608 µs");
  EXPECT_EQ(FormatSpan(12 * kTicksPerMillisecond), "12 ms");
  EXPECT_EQ(FormatSpan(15 * kTicksPerSecond / 10), "1.5 s");
  EXPECT_EQ(FormatSpan(59 * kTicksPerSecond), "59 s");
  EXPECT_EQ(FormatSpan(61 * kTicksPerSecond), "1 min 1 s");
  EXPECT_EQ(FormatSpan(2 * kTicksPerHour + 5 * kTicksPerMinute), "2 h 5 min");
  EXPECT_EQ(FormatSpan(14 * kTicksPerDay), "14 d");
  EXPECT_EQ(FormatSpan(-kTicksPerMinute), "-1 min");
}

TEST(FormatText, Ages) {
  EXPECT_EQ(FormatAge(0, kNow), "never");
  EXPECT_EQ(FormatAge(kNow - 5, kNow), "now");
  EXPECT_EQ(FormatAge(kNow - 12 * kTicksPerSecond, kNow), "12 s ago");
  EXPECT_EQ(FormatAge(kNow - 95 * kTicksPerSecond, kNow), "1 min ago");
  EXPECT_EQ(FormatAge(kNow + 3 * kTicksPerMinute, kNow), "in 3 min");
}

TEST(FormatText, TimesAndShares) {
  EXPECT_EQ(FormatTime(kNow + kTicksPerSecond), "2024-10-04 00:00:01");
  EXPECT_EQ(FormatTime(0), "unknown");
  EXPECT_EQ(FormatClock(kNow + 12 * kTicksPerMillisecond), "00:00:00.012");
  EXPECT_EQ(FormatShare(0.123), "12.3 %");
  EXPECT_EQ(FormatShare(0.0001), "< 0.1 %");
  EXPECT_EQ(FormatShare(0), "0.0 %");
}

}  // namespace
}  // namespace keywatch::app::page
