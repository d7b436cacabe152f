#include "engine/pipeline/delivery_policy.h"

#include <gtest/gtest.h>

namespace keywatch::pipeline {
namespace {

using record::Ticks;
using std::chrono::milliseconds;

constexpr Ticks kNow = record::kUnixEpoch + 20'000 * record::kTicksPerDay;

DeliveryResult Retry(milliseconds after = milliseconds(0)) {
  return {DeliveryOutcome::kRetry, "http_5xx", "HTTP 500", after};
}

TEST(DeliveryPolicyTest, AcceptedAndRejected) {
  EXPECT_EQ(NextStep({}, {}, 1, kNow, kNow, 0).kind, Step::Kind::kAccepted);
  Step rejected = NextStep({}, {DeliveryOutcome::kReject, "gone", "", {}}, 1, kNow, kNow, 0);
  EXPECT_EQ(rejected.kind, Step::Kind::kDead);
  EXPECT_EQ(rejected.reason, "gone");
}

TEST(DeliveryPolicyTest, RetriesBackOff) {
  DeliveryPolicy policy;
  policy.backoff = {milliseconds(100), milliseconds(1000), 2.0};
  Ticks longest = 0;
  for (int attempt = 1; attempt < 20; ++attempt) {
    Step step = NextStep(policy, Retry(), attempt, kNow, kNow, 1);
    EXPECT_EQ(step.kind, Step::Kind::kRetry);
    EXPECT_GE(step.retry_at, kNow + ToTicks(milliseconds(50)));
    EXPECT_LE(step.retry_at, kNow + ToTicks(milliseconds(1000)));
    EXPECT_EQ(step.pause_until, 0);
    longest = std::max(longest, step.retry_at);
  }
  EXPECT_GE(longest, kNow + ToTicks(milliseconds(500)));
}

TEST(DeliveryPolicyTest, RetryAfterIsHonouredUpToABound) {
  DeliveryPolicy policy;
  policy.longest_retry_after = milliseconds(90'000);
  Step step = NextStep(policy, Retry(milliseconds(60'000)), 1, kNow, kNow, 0);
  EXPECT_EQ(step.pause_until, kNow + ToTicks(milliseconds(60'000)));
  EXPECT_EQ(step.retry_at, step.pause_until);
  step = NextStep(policy, Retry(milliseconds(1'000'000)), 1, kNow, kNow, 0);
  EXPECT_EQ(step.retry_at, kNow + ToTicks(milliseconds(90'000)));
}

TEST(DeliveryPolicyTest, AttemptsAndAgeEnd) {
  DeliveryPolicy policy;
  policy.most_attempts = 3;
  EXPECT_EQ(NextStep(policy, Retry(), 2, kNow, kNow, 0).kind, Step::Kind::kRetry);
  Step last = NextStep(policy, Retry(), 3, kNow, kNow, 0);
  EXPECT_EQ(last.kind, Step::Kind::kDead);
  EXPECT_EQ(last.reason, "attempts");
  Step old = NextStep({}, Retry(), 1, kNow - 4 * record::kTicksPerDay, kNow, 0);
  EXPECT_EQ(old.kind, Step::Kind::kDead);
  EXPECT_EQ(old.reason, "expired");
}

TEST(DeliveryPolicyTest, WhatWasNeverTriedIsTriedHoweverOld) {
  DeliveryPolicy policy;
  Ticks old = kNow - 4 * record::kTicksPerDay;
  EXPECT_FALSE(IsExpired(policy, 0, old, false, kNow));
  EXPECT_TRUE(IsExpired(policy, 1, old, false, kNow));
  EXPECT_TRUE(IsExpired(policy, 0, old, true, kNow));
  EXPECT_FALSE(IsExpired(policy, 9, kNow, true, kNow));
}

TEST(CircuitTest, OpensAfterDifferentAlertsFailed) {
  DeliveryPolicy policy;
  policy.circuit_failures = 3;
  policy.probe = {milliseconds(1000), milliseconds(8000), 2.0};
  Circuit circuit(policy, 0);
  circuit.Failed(1, kNow);
  circuit.Failed(2, kNow);
  EXPECT_FALSE(circuit.open());
  EXPECT_EQ(circuit.probe_at(), 0);
  circuit.Failed(3, kNow);
  EXPECT_TRUE(circuit.open());
  Ticks step = ToTicks(milliseconds(1000));
  for (int probe = 0; probe < 6; ++probe) {
    EXPECT_GE(circuit.probe_at(), kNow + step / 2);
    EXPECT_LE(circuit.probe_at(), kNow + step);
    step = std::min(step * 2, ToTicks(milliseconds(8000)));
    circuit.Failed(3, kNow);
  }
  EXPECT_TRUE(circuit.Succeeded());
  EXPECT_FALSE(circuit.open());
  EXPECT_FALSE(circuit.Succeeded());
}

// One alert that a receiver cannot digest is not an ill receiver.
TEST(CircuitTest, OneAlertAloneDoesNotOpenIt) {
  DeliveryPolicy policy;
  Circuit circuit(policy, 0);
  for (int i = 0; i < 100; ++i)
    circuit.Failed(7, kNow);
  EXPECT_FALSE(circuit.open());
}

TEST(CircuitTest, ARefusalShowsThatTheReceiverWorks) {
  DeliveryPolicy policy;
  policy.circuit_failures = 2;
  Circuit circuit(policy, 0);
  circuit.Failed(1, kNow);
  circuit.Refused();
  circuit.Failed(2, kNow);
  EXPECT_FALSE(circuit.open());
}

}  // namespace
}  // namespace keywatch::pipeline
