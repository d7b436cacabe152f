#include "connectors/webhook/firing_alerts.h"

#include <gtest/gtest.h>

namespace keywatch::webhook {
namespace {

using record::kTicksPerMinute;
constexpr record::Ticks kStart = 1'000 * record::kTicksPerDay;
using Texts = std::vector<std::string>;

FiringPolicy Policy() {
  FiringPolicy policy;
  policy.hold = 60 * kTicksPerMinute;
  return policy;
}

TEST(FiringAlerts, AnAlertIsSentAgainUntilItsEnd) {
  FiringAlerts firing(Policy());
  record::Ticks end = firing.EndsAt("a", false, kStart);
  EXPECT_EQ(end, kStart + 60 * kTicksPerMinute);
  EXPECT_TRUE(firing.Accepted("a", "A", end, kStart));
  EXPECT_EQ(firing.Due(kStart + kTicksPerMinute - 1, 10), Texts{});
  EXPECT_EQ(firing.Due(kStart + kTicksPerMinute, 10), Texts{"A"});
  EXPECT_EQ(firing.Due(kStart + kTicksPerMinute + 1, 10), Texts{});
  EXPECT_EQ(firing.Due(end - 1, 10), Texts{"A"});
  EXPECT_EQ(firing.Due(end, 10), Texts{});
  EXPECT_EQ(firing.size(), 0U);
}

TEST(FiringAlerts, AnEndWaitsUntilAlertmanagerHasTold) {
  FiringAlerts firing(Policy());
  firing.Accepted("a", "A", firing.EndsAt("a", false, kStart), kStart);
  record::Ticks soon = firing.EndsAt("a", true, kStart + 1);
  EXPECT_EQ(soon, kStart + 5 * kTicksPerMinute);
  EXPECT_EQ(firing.EndsAt("a", true, kStart + 30 * kTicksPerMinute), kStart + 30 * kTicksPerMinute);
  // Of one that an earlier process sent, nobody knows since when it fires.
  EXPECT_EQ(firing.EndsAt("b", true, kStart), kStart + 5 * kTicksPerMinute);
  // Until it ends, the new end is what is sent again.
  firing.Accepted("a", "A, over", soon, kStart + 1);
  EXPECT_EQ(firing.Due(kStart + 2 * kTicksPerMinute, 10), Texts{"A, over"});
  EXPECT_EQ(firing.Due(soon, 10), Texts{});
}

TEST(FiringAlerts, IsBounded) {
  FiringPolicy policy = Policy();
  policy.most = 2;
  policy.most_bytes = 10;
  FiringAlerts firing(policy);
  EXPECT_TRUE(firing.Accepted("a", "12345", kStart + kTicksPerMinute * 9, kStart));
  EXPECT_FALSE(firing.Accepted("b", "123456", kStart + kTicksPerMinute * 9, kStart));
  EXPECT_TRUE(firing.Accepted("b", "12345", kStart + kTicksPerMinute * 9, kStart));
  EXPECT_FALSE(firing.Accepted("c", "", kStart + kTicksPerMinute * 9, kStart));
  EXPECT_TRUE(firing.Accepted("a", "1", kStart + kTicksPerMinute * 9, kStart)) << "is known";
  EXPECT_EQ(firing.Due(kStart + kTicksPerMinute, 1).size(), 1U);
  EXPECT_EQ(firing.Due(kStart + kTicksPerMinute, 1).size(), 1U) << "the other one";
  EXPECT_EQ(firing.Due(kStart + kTicksPerMinute, 1).size(), 0U);
  // A clock that was set back by an hour.
  EXPECT_EQ(firing.Due(kStart - 60 * kTicksPerMinute, 10).size(), 2U);
}

}  // namespace
}  // namespace keywatch::webhook
