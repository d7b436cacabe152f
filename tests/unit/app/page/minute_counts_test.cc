#include "app/page/minute_counts.h"

#include <gtest/gtest.h>

namespace keywatch::app::page {
namespace {

using record::kTicksPerMinute;
using record::Ticks;

constexpr Ticks kCountedTime = record::kUnixEpoch + 20'000 * record::kTicksPerDay + 1234;
constexpr size_t kLast = MinuteCounts::kMinutes - 1;

TEST(MinuteCounts, CountsByMinuteAndSeverity) {
  MinuteCounts counts;
  counts.AddRecords(5, kCountedTime);
  counts.AddRecords(2, kCountedTime - kTicksPerMinute);
  counts.AddAlert(3, kCountedTime);
  counts.AddAlert(0, kCountedTime);
  counts.AddAlert(9, kCountedTime);
  auto minutes = counts.Last(kCountedTime);
  ASSERT_EQ(minutes.size(), MinuteCounts::kMinutes);
  EXPECT_EQ(minutes[kLast].records, 5U);
  EXPECT_EQ(minutes[kLast].AllAlerts(), 2U);
  EXPECT_EQ(minutes[kLast].alerts[3], 1U);
  EXPECT_EQ(minutes[kLast - 1].records, 2U);
  EXPECT_EQ(minutes[kLast - 2].records, 0U);
}

TEST(MinuteCounts, WhatIsTooOldIsForgottenAndDoesNotComeBack) {
  MinuteCounts counts;
  counts.AddRecords(5, kCountedTime);
  Ticks later = kCountedTime + static_cast<Ticks>(MinuteCounts::kMinutes) * kTicksPerMinute;
  for (const Minute& minute : counts.Last(later))
    EXPECT_EQ(minute.records, 0U);
  counts.AddRecords(1, later);
  counts.AddRecords(7, kCountedTime);  // its place is taken
  EXPECT_EQ(counts.Last(later)[kLast].records, 1U);
  EXPECT_EQ(counts.Last(kCountedTime)[kLast].records, 0U);
}

}  // namespace
}  // namespace keywatch::app::page
