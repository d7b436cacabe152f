#include "engine/pipeline/delivery_policy.h"

#include <algorithm>

namespace keywatch::pipeline {

Step NextStep(const DeliveryPolicy& policy,
              const DeliveryResult& result,
              int attempt,
              record::Ticks created,
              record::Ticks now,
              uint64_t seed) {
  Step step;
  step.reason = result.reason;
  if (result.outcome == DeliveryOutcome::kAccepted)
    return step;
  if (result.outcome == DeliveryOutcome::kReject) {
    step.kind = Step::Kind::kDead;
    return step;
  }
  if (result.retry_after.count() > 0) {
    step.pause_until = now + ToTicks(std::min(result.retry_after, policy.longest_retry_after));
  }
  if (policy.most_attempts > 0 && attempt >= policy.most_attempts) {
    step.kind = Step::Kind::kDead;
    step.reason = "attempts";
  } else if (now - created > policy.most_age) {
    step.kind = Step::Kind::kDead;
    step.reason = "expired";
  } else {
    step.kind = Step::Kind::kRetry;
    step.retry_at =
        std::max(now + ToTicks(BackoffDelay(policy.backoff, attempt, seed)), step.pause_until);
  }
  return step;
}

bool IsExpired(const DeliveryPolicy& policy,
               int attempts_made,
               record::Ticks created,
               bool circuit_open,
               record::Ticks now) {
  return now - created > policy.most_age && (attempts_made > 0 || circuit_open);
}

bool Circuit::Succeeded() {
  bool closed = open();
  failures_ = 0;
  probes_ = 0;
  last_failed_ = -1;
  return closed;
}

void Circuit::Refused() { Succeeded(); }

void Circuit::Failed(int64_t seq, record::Ticks now) {
  bool was_open = open();
  if (!was_open && seq != last_failed_)
    ++failures_;
  last_failed_ = seq;
  if (!open())
    return;
  if (was_open)
    ++probes_;
  probe_at_ = now + ToTicks(BackoffDelay(policy_.probe, probes_ + 1, seed_));
}

}  // namespace keywatch::pipeline
