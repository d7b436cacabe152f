// What is to be done with an alert after an attempt, and when a sink gets a rest: pure decisions,
// without threads, clocks or files.
//
// Two delays stack. An alert that failed waits its own backoff, so that one alert that a receiver
// cannot digest does not disturb the others. When several different alerts in a row failed, it is
// the receiver that is ill: the circuit opens, nothing is sent but one probe at a time, and the
// alerts' attempts stop counting up.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/base/backoff.h"
#include "engine/pipeline/io.h"
#include "engine/record/time.h"

namespace keywatch::pipeline {

struct DeliveryPolicy {
  BackoffPolicy backoff{std::chrono::milliseconds(200), std::chrono::minutes(5), 2.0};
  BackoffPolicy probe{std::chrono::seconds(1), std::chrono::minutes(1), 2.0};
  int circuit_failures = 5;  // different alerts in a row that open the circuit
  int most_attempts = 0;     // 0: only age ends the attempts
  record::Ticks most_age = 3 * record::kTicksPerDay;
  std::chrono::milliseconds longest_retry_after = std::chrono::hours(1);
  size_t window = 64;  // alerts in memory per sink
};

inline record::Ticks ToTicks(std::chrono::milliseconds time) {
  return time.count() * record::kTicksPerMillisecond;
}

struct Step {
  enum class Kind { kAccepted, kRetry, kDead };
  Kind kind = Kind::kAccepted;
  record::Ticks retry_at = 0;     // kRetry
  record::Ticks pause_until = 0;  // the receiver asked for rest; 0: it did not
  std::string reason;             // kRetry, kDead: a metric label
};

// After attempt number `attempt` (from 1) of an alert that was inserted at `created`.
Step NextStep(const DeliveryPolicy& policy,
              const DeliveryResult& result,
              int attempt,
              record::Ticks created,
              record::Ticks now,
              uint64_t seed);

// True if an alert is to be given up without a further attempt. One that was never tried is tried
// at least once, unless the circuit has shown that trying is useless.
bool IsExpired(const DeliveryPolicy& policy,
               int attempts_made,
               record::Ticks created,
               bool circuit_open,
               record::Ticks now);

class Circuit {
 public:
  Circuit(const DeliveryPolicy& policy, uint64_t seed) : policy_(policy), seed_(seed) {}

  // True if this success closed an open circuit.
  bool Succeeded();
  // An attempt at alert `seq` failed and may be repeated.
  void Failed(int64_t seq, record::Ticks now);
  // The receiver answered, but does not want this alert: it is not ill.
  void Refused();

  [[nodiscard]] bool open() const { return failures_ >= policy_.circuit_failures; }
  // When the next probe may go out; 0 while closed.
  [[nodiscard]] record::Ticks probe_at() const { return open() ? probe_at_ : 0; }

 private:
  const DeliveryPolicy& policy_;
  uint64_t seed_;
  int failures_ = 0;  // different alerts in a row
  int probes_ = 0;    // failed ones since the circuit opened
  int64_t last_failed_ = -1;
  record::Ticks probe_at_ = 0;
};

}  // namespace keywatch::pipeline
