// Random numbers that are the same on every machine for the same seed: xoshiro256** seeded by
// splitmix64 (prng.di.unimi.it), whole numbers only. The standard library's distributions differ
// between implementations.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace keywatch::generate {

class Random {
 public:
  explicit Random(uint64_t seed) {
    for (uint64_t& word : state_)
      word = Splitmix(&seed);
  }

  uint64_t Next() {
    uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // 0 .. bound - 1; bound > 0. The upper half of the bits, scaled: bounds are far below 2^32.
  uint64_t Below(uint64_t bound) { return ((Next() >> 32) * bound) >> 32; }
  int64_t Between(int64_t low, int64_t high) {  // both included
    return low + static_cast<int64_t>(Wide(static_cast<uint64_t>(high - low) + 1));
  }
  bool PerMille(uint64_t share) { return Below(1000) < share; }

  template <class T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }

  // A generator of its own for one purpose: what one part draws does not change the others.
  [[nodiscard]] Random Fork(uint64_t purpose) const {
    return Random(state_[0] ^ (purpose * 0x9e3779b97f4a7c15));
  }

 private:
  // For bounds up to 2^52, in ticks.
  uint64_t Wide(uint64_t bound) {
    return bound < (uint64_t{1} << 32) ? Below(bound) : Next() % bound;
  }
  static uint64_t Splitmix(uint64_t* state) {
    uint64_t mixed = (*state += 0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  uint64_t state_[4];
};

}  // namespace keywatch::generate
