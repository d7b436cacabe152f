#include "engine/base/backoff.h"

#include <set>

#include <gtest/gtest.h>

namespace keywatch {
namespace {

using std::chrono::milliseconds;

TEST(BackoffTest, StaysBetweenHalfAndTheWholeStep) {
  BackoffPolicy policy{milliseconds(200), milliseconds(60'000), 2.0};
  for (uint64_t seed = 0; seed < 200; ++seed) {
    int64_t step = 200;
    for (int attempt = 1; attempt < 40; ++attempt) {
      int64_t delay = BackoffDelay(policy, attempt, seed).count();
      EXPECT_GE(delay, step / 2);
      EXPECT_LE(delay, step);
      step = std::min<int64_t>(step * 2, 60'000);
    }
  }
}

TEST(BackoffTest, IsAFunctionOfSeedAndAttempt) {
  BackoffPolicy policy;
  EXPECT_EQ(BackoffDelay(policy, 5, 7), BackoffDelay(policy, 5, 7));
  std::set<int64_t> delays;
  for (uint64_t seed = 0; seed < 100; ++seed)
    delays.insert(BackoffDelay(policy, 8, seed).count());
  EXPECT_GT(delays.size(), 90U);  // senders that failed together do not come back together
}

TEST(BackoffTest, HugeAttemptsDoNotOverflow) {
  EXPECT_LE(BackoffDelay({}, 2'000'000'000, 1), milliseconds(60'000));
  EXPECT_GE(BackoffDelay({}, 2'000'000'000, 1), milliseconds(30'000));
}

}  // namespace
}  // namespace keywatch
