// Retry delays: exponential with full jitter, pure and seeded, so that tests can predict them.
#pragma once

#include <chrono>
#include <cstdint>

namespace keywatch {

struct BackoffPolicy {
  std::chrono::milliseconds first{200};
  std::chrono::milliseconds longest{60'000};
  double factor = 2.0;
};

// The delay before attempt `attempt` (1: the first retry): between half of and the whole
// exponential step, chosen by `seed`.
std::chrono::milliseconds BackoffDelay(const BackoffPolicy& policy, int attempt, uint64_t seed);

}  // namespace keywatch
