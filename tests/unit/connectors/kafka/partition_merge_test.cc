#include "connectors/kafka/partition_merge.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace keywatch::kafka {
namespace {

using std::chrono::milliseconds;
using Action = PartitionMerge::Action;
using TimePoint = PartitionMerge::TimePoint;

constexpr int64_t kWall = 1'700'000'000'000;

TimePoint At(int ms) { return TimePoint(milliseconds(ms)); }

PartitionMerge Merge() { return PartitionMerge({milliseconds(500), milliseconds(30'000)}); }

TEST(PartitionMerge, IsIdleWithoutMessages) {
  PartitionMerge merge = Merge();
  EXPECT_EQ(merge.Decide(At(0), kWall).action, Action::kIdle);
  merge.Add(1, At(0));
  EXPECT_EQ(merge.Decide(At(0), kWall).action, Action::kIdle);
  merge.SetEmpty(1, false, At(0));
  EXPECT_EQ(merge.Decide(At(60'000), kWall).action, Action::kIdle);
}

TEST(PartitionMerge, YieldsTheLowestTimestampThenTheLowerPartition) {
  PartitionMerge merge = Merge();
  for (uint64_t p : {7, 3, 5}) {
    merge.Add(p, At(0));
  }
  merge.SetHead(7, kWall - 10);
  merge.SetHead(3, kWall - 5);
  merge.SetHead(5, kWall - 10);
  PartitionMerge::Decision decision = merge.Decide(At(0), kWall);
  EXPECT_EQ(decision.action, Action::kYield);
  EXPECT_EQ(decision.partition, 5U);
  merge.SetEmpty(5, false, At(0));
  EXPECT_EQ(merge.Decide(At(0), kWall).partition, 7U);
  merge.SetEmpty(7, false, At(0));
  EXPECT_EQ(merge.Decide(At(0), kWall).partition, 3U);
}

TEST(PartitionMerge, WaitsForAPartitionThatHasMoreAndNotForOneThatIsCaughtUp) {
  PartitionMerge merge = Merge();
  merge.Add(1, At(0));
  merge.Add(2, At(0));
  merge.SetHead(1, kWall);
  merge.SetEmpty(2, true, At(0));
  PartitionMerge::Decision decision = merge.Decide(At(100), kWall);
  EXPECT_EQ(decision.action, Action::kWait);
  EXPECT_EQ(decision.until, At(500));
  merge.SetEmpty(2, false, At(101));
  EXPECT_EQ(merge.Decide(At(101), kWall).action, Action::kYield);
  EXPECT_EQ(merge.overtaken(), 0U);
}

TEST(PartitionMerge, SayingAgainThatThereIsMoreDoesNotBeginTheWaitAnew) {
  PartitionMerge merge = Merge();
  merge.Add(1, At(0));
  merge.Add(2, At(0));
  merge.SetHead(1, kWall);
  for (int ms = 0; ms < 500; ms += 100) {
    merge.SetEmpty(2, true, At(ms));
    EXPECT_EQ(merge.Decide(At(ms), kWall).action, Action::kWait) << ms;
  }
  EXPECT_EQ(merge.Decide(At(500), kWall).action, Action::kYield);
}

TEST(PartitionMerge, GivesUpOnceAndWaitsAgainOnlyAfterTheNextDelivery) {
  PartitionMerge merge = Merge();
  merge.Add(1, At(0));
  merge.Add(2, At(0));
  merge.SetHead(1, kWall);
  EXPECT_EQ(merge.Decide(At(500), kWall).action, Action::kYield);
  EXPECT_EQ(merge.overtaken(), 1U);
  merge.SetHead(1, kWall + 1);
  merge.SetEmpty(2, true, At(501));
  EXPECT_EQ(merge.Decide(At(501), kWall).action, Action::kYield);
  EXPECT_EQ(merge.overtaken(), 1U);

  merge.SetHead(2, kWall - 1);
  EXPECT_EQ(merge.Decide(At(502), kWall).partition, 2U);
  merge.SetEmpty(2, true, At(503));
  EXPECT_EQ(merge.Decide(At(503), kWall).action, Action::kWait);
}

TEST(PartitionMerge, WaitsAsLongAsTheMessageIsOldWithinTheBounds) {
  struct Case {
    int64_t age_ms;
    int wait_ms;
  };
  for (const Case& c : {Case{-5'000, 500},
                        Case{0, 500},
                        Case{499, 500},
                        Case{2'000, 2'000},
                        Case{29'999, 29'999},
                        Case{86'400'000, 30'000}}) {
    PartitionMerge merge = Merge();
    merge.Add(1, At(0));
    merge.Add(2, At(0));
    merge.SetHead(1, kWall - c.age_ms);
    EXPECT_EQ(merge.Decide(At(c.wait_ms - 1), kWall).action, Action::kWait) << c.age_ms;
    EXPECT_EQ(merge.Decide(At(c.wait_ms), kWall).action, Action::kYield) << c.age_ms;
  }
}

TEST(PartitionMerge, ARemovedPartitionIsNotWaitedFor) {
  PartitionMerge merge = Merge();
  merge.Add(1, At(0));
  merge.Add(2, At(0));
  merge.SetHead(1, kWall);
  EXPECT_EQ(merge.Decide(At(0), kWall).action, Action::kWait);
  merge.Remove(2);
  EXPECT_EQ(merge.Decide(At(0), kWall).action, Action::kYield);
}

// However fetches interleave: as long as every partition answers in time, the order is the one of
// timestamp, then partition, then offset.
TEST(PartitionMerge, TheOrderDoesNotDependOnHowFetchesInterleave) {
  std::mt19937 random(7);
  std::map<uint64_t, std::vector<int64_t>> log;
  for (uint64_t p = 0; p < 5; ++p) {
    int64_t timestamp = kWall - 100'000;
    for (int i = 0; i < 200; ++i) {
      timestamp += static_cast<int64_t>(random() % 5);
      log[p].push_back(timestamp);
    }
  }
  std::vector<std::pair<uint64_t, int64_t>> first;
  for (int run = 0; run < 20; ++run) {
    PartitionMerge merge = Merge();
    std::map<uint64_t, std::deque<int64_t>> broker;
    std::map<uint64_t, std::deque<int64_t>> fetched;
    for (const auto& [p, timestamps] : log) {
      broker[p].assign(timestamps.begin(), timestamps.end());
      merge.Add(p, At(0));
    }
    std::vector<std::pair<uint64_t, int64_t>> yielded;
    for (int now = 0; yielded.size() < 1'000; ++now) {
      ASSERT_LT(now, 20'000);
      const uint64_t p = random() % 5;  // one partition's fetch returns
      for (size_t n = random() % 20; n > 0 && !broker[p].empty(); --n) {
        fetched[p].push_back(broker[p].front());
        broker[p].pop_front();
      }
      auto tell = [&](uint64_t q) {
        if (fetched[q].empty()) {
          merge.SetEmpty(q, !broker[q].empty(), At(now));
        } else {
          merge.SetHead(q, fetched[q].front());
        }
      };
      tell(p);
      for (;;) {
        PartitionMerge::Decision decision = merge.Decide(At(now), kWall);
        if (decision.action != Action::kYield) {
          break;
        }
        yielded.emplace_back(decision.partition, fetched[decision.partition].front());
        fetched[decision.partition].pop_front();
        tell(decision.partition);
      }
    }
    EXPECT_EQ(merge.overtaken(), 0U);
    EXPECT_TRUE(std::is_sorted(yielded.begin(), yielded.end(), [](const auto& a, const auto& b) {
      return a.second < b.second;
    }));
    if (run == 0) {
      first = yielded;
    }
    EXPECT_EQ(yielded, first) << run;
  }
}

}  // namespace
}  // namespace keywatch::kafka
