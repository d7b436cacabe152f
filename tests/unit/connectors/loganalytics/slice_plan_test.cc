#include "connectors/loganalytics/slice_plan.h"

#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace keywatch::loganalytics {
namespace {

constexpr SliceSettings kSettings{/*settle=*/50, /*longest=*/100, /*shortest=*/1};

TEST(SlicePlan, SlicesFollowWithoutAGap) {
  SlicePlan plan(kSettings, 1000);
  Slice first = plan.Next(1250);
  EXPECT_EQ(first, (Slice{1000, 1100}));
  plan.OnWhole(first, 1250);
  EXPECT_EQ(plan.complete(), 1100);
  Slice second = plan.Next(1250);
  EXPECT_EQ(second, (Slice{1100, 1200}));
  plan.OnWhole(second, 1250);
  EXPECT_EQ(plan.complete(), 1200);  // 1250 - 50
  Slice third = plan.Next(1260);
  EXPECT_EQ(third, (Slice{1200, 1250}));  // the pass ends where it was to end
  plan.OnWhole(third, 1255);
  EXPECT_EQ(plan.complete(), 1205);
  EXPECT_TRUE(plan.pass_done());
  EXPECT_EQ(plan.Next(1300), (Slice{1205, 1300}));  // what is not settled is asked for again
}

TEST(SlicePlan, TheClockOfTheServiceCounts) {
  SlicePlan plan(kSettings, 1000);
  plan.OnWhole(plan.Next(9000), 1010);  // ours is far ahead
  EXPECT_EQ(plan.complete(), 1000);
  SlicePlan behind(kSettings, 1000);
  EXPECT_EQ(behind.Next(900), (Slice{1000, 1001}));
}

TEST(SlicePlan, TooMuchMeansLessTime) {
  SlicePlan plan(kSettings, 1000);
  Slice slice = plan.Next(5000);
  EXPECT_TRUE(plan.OnTooMuch(slice));
  EXPECT_EQ(plan.Next(5000), (Slice{1000, 1050}));
  for (int i = 0; i < 6; ++i)
    plan.OnTooMuch(plan.Next(5000));
  slice = plan.Next(5000);
  EXPECT_EQ(slice, (Slice{1000, 1001}));
  EXPECT_FALSE(plan.OnTooMuch(slice));
  plan.OnWhole(slice, 5000);
  EXPECT_EQ(plan.Next(5000), (Slice{1001, 1003}));  // and more again when it went well
}

// Rows that become visible late, a service that gives only so many at once, clocks that differ:
// each row is seen.
TEST(SlicePlan, NothingIsMissed) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    auto pick = [&](int most) {
      return static_cast<Ticks>(random() % static_cast<unsigned>(most));
    };
    struct Row {
      Ticks ingested;
      Ticks visible;
    };
    std::vector<Row> rows;
    for (int i = 0; i < 400; ++i) {
      Ticks ingested = 1000 + pick(3000);
      rows.push_back({ingested, ingested + pick(50)});
    }
    Ticks clock = 900 + pick(2000);  // of the service
    Ticks ours = pick(400) - 200;    // how far ours is ahead
    SlicePlan plan(kSettings, 1000);
    std::set<size_t> seen;
    while (plan.complete() < 4000) {
      Slice slice = plan.Next(clock + ours);
      std::vector<size_t> found;
      for (size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].ingested >= slice.from && rows[i].ingested < slice.to &&
            rows[i].visible <= clock)
          found.push_back(i);
      }
      if (found.size() > 8 && plan.OnTooMuch(slice))
        continue;
      seen.insert(found.begin(), found.end());
      plan.OnWhole(slice, clock);
      clock += plan.pass_done() ? 10 + pick(60) : pick(3);
      for (size_t i = 0; i < rows.size(); ++i) {
        bool due = rows[i].ingested < plan.complete();
        ASSERT_TRUE(!due || seen.contains(i)) << seed << " " << rows[i].ingested;
      }
    }
    EXPECT_EQ(seen.size(), rows.size()) << seed;
  }
}

}  // namespace
}  // namespace keywatch::loganalytics
