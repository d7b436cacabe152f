#include "engine/pipeline/blind_intervals.h"

#include <gtest/gtest.h>

namespace keywatch::pipeline {
namespace {

using Kind = BlindInterval::Kind;
constexpr record::Ticks kMinute = record::kTicksPerMinute;

TEST(BlindIntervals, NothingWhileNothingIsLost) {
  BlindIntervals blind;
  blind.LookAtSource("kafka", {0, 0, 100}, 1);
  blind.LookAtSource("kafka", {0, 0, 200}, 2);
  blind.LookAtRule("rule", 0, 200, 2);
  EXPECT_TRUE(blind.intervals().empty());
}

TEST(BlindIntervals, AGapReachesFromTheEventBeforeToTheEventAfter) {
  BlindIntervals blind;
  blind.LookAtSource("kafka", {0, 0, 100}, 1);
  blind.LookAtSource("kafka", {1, 40, 100}, 2);
  ASSERT_EQ(blind.intervals().size(), 1U);
  EXPECT_EQ(blind.intervals()[0], (BlindInterval{Kind::kGap, "kafka", 2, 2, 100, 0, 40}));
  blind.LookAtSource("kafka", {1, 40, 100}, 3);
  EXPECT_EQ(blind.intervals()[0].to, 0) << "nothing newer has been read";
  blind.LookAtSource("kafka", {1, 40, 250}, 4);
  EXPECT_EQ(blind.intervals()[0].to, 250);
  blind.LookAtSource("kafka", {1, 40, 300}, 5);
  EXPECT_EQ(blind.intervals()[0].to, 250);
}

TEST(BlindIntervals, GapsOfTwoSourcesAreApart) {
  BlindIntervals blind;
  blind.LookAtSource("a", {1, 5, 100}, 1);
  blind.LookAtSource("b", {1, 0, 0}, 1);
  ASSERT_EQ(blind.intervals().size(), 2U);
  blind.LookAtSource("a", {1, 5, 150}, 2);
  EXPECT_EQ(blind.intervals()[0].to, 150);
  EXPECT_EQ(blind.intervals()[1].to, 0);
  EXPECT_EQ(blind.intervals()[1].from, 0);
}

TEST(BlindIntervals, EvictionsThatFollowEachOtherAreOneInterval) {
  BlindIntervals blind;
  blind.LookAtRule("rule", 2, 90, 1);  // restored
  EXPECT_TRUE(blind.intervals().empty());
  blind.LookAtRule("rule", 3, 100, kMinute);
  blind.LookAtRule("rule", 7, 120, kMinute + 1);
  ASSERT_EQ(blind.intervals().size(), 1U);
  EXPECT_EQ(blind.intervals()[0].count, 5U);
  EXPECT_EQ(blind.intervals()[0].to, 120);
  EXPECT_EQ(blind.intervals()[0].from, 90);
  blind.LookAtRule("rule", 8, 500, 10 * kMinute);
  ASSERT_EQ(blind.intervals().size(), 2U);
  EXPECT_EQ(blind.intervals()[1].count, 1U);
}

TEST(BlindIntervals, TotalsOfGaps) {
  BlindIntervals blind;
  blind.LookAtSource("kafka", {0, 0, 100}, 1);
  EXPECT_EQ(blind.totals(Kind::kGap).noticed, 0);
  blind.LookAtSource("kafka", {1, 40, 100}, 2);
  EXPECT_EQ(blind.totals(Kind::kGap).intervals, 1U);
  EXPECT_EQ(blind.totals(Kind::kGap).span, 0) << "open";
  EXPECT_EQ(blind.totals(Kind::kGap).noticed, 2);
  blind.LookAtSource("kafka", {2, 41, 100}, 3);
  EXPECT_EQ(blind.totals(Kind::kGap).intervals, 1U) << "the same span";
  EXPECT_EQ(blind.totals(Kind::kGap).noticed, 3);
  blind.LookAtSource("kafka", {2, 41, 250}, 4);
  EXPECT_EQ(blind.totals(Kind::kGap).span, 150);
  EXPECT_EQ(blind.totals(Kind::kGap).noticed, 3) << "its end is no loss";
  blind.LookAtSource("other", {1, 0, 0}, 5);
  blind.LookAtSource("other", {1, 0, 900}, 6);
  EXPECT_EQ(blind.totals(Kind::kGap).intervals, 2U);
  EXPECT_EQ(blind.totals(Kind::kGap).span, 150) << "where it began is unknown";
  EXPECT_EQ(blind.totals(Kind::kEviction).intervals, 0U);
}

TEST(BlindIntervals, TotalsOfEvictions) {
  BlindIntervals blind;
  blind.LookAtRule("rule", 2, 90, 1);
  blind.LookAtRule("rule", 3, 100, kMinute);
  blind.LookAtRule("rule", 7, 120, kMinute + 1);
  EXPECT_EQ(blind.totals(Kind::kEviction).intervals, 1U);
  EXPECT_EQ(blind.totals(Kind::kEviction).span, 30);
  EXPECT_EQ(blind.totals(Kind::kEviction).noticed, kMinute + 1);
}

TEST(BlindIntervals, TheOldestGoesAtTheBound) {
  BlindIntervals blind;
  for (size_t i = 0; i <= BlindIntervals::kMost + 3; ++i)
    blind.LookAtRule("rule", i, 100, static_cast<record::Ticks>(i) * 10 * kMinute);
  EXPECT_EQ(blind.intervals().size(), BlindIntervals::kMost);
  EXPECT_EQ(blind.forgotten(), 3U);
}

}  // namespace
}  // namespace keywatch::pipeline
