#include "engine/base/backoff.h"

#include <algorithm>
#include <cmath>

namespace keywatch {
namespace {

// SplitMix64's finaliser: neighbouring seeds give unrelated delays.
uint64_t Scatter(uint64_t seed) {
  seed += 0x9E3779B97F4A7C15ULL;
  seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EBULL;
  return seed ^ (seed >> 31);
}

}  // namespace

std::chrono::milliseconds BackoffDelay(const BackoffPolicy& policy, int attempt, uint64_t seed) {
  auto longest = static_cast<double>(policy.longest.count());
  // pow() overflows to infinity for large attempts, which min() takes back to the longest delay.
  double step =
      static_cast<double>(policy.first.count()) * std::pow(policy.factor, std::max(0, attempt - 1));
  step = std::min(step, longest);
  double share =
      static_cast<double>(Scatter(seed + static_cast<uint64_t>(std::max(attempt, 0))) >> 11) *
      0x1.0p-53;
  return std::chrono::milliseconds(std::llround(step * (0.5 + 0.5 * share)));
}

}  // namespace keywatch
