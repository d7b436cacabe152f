#include "engine/state/checksum.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace keywatch::state {

static_assert(std::endian::native == std::endian::little, "the checksum reads words as they lie");

namespace {

constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87;
constexpr uint64_t kPrime2 = 0xC2B2AE3D27D4EB4F;
constexpr uint64_t kPrime3 = 0x165667B19E3779F9;
constexpr uint64_t kPrime4 = 0x85EBCA77C2B2AE63;
constexpr uint64_t kPrime5 = 0x27D4EB2F165667C5;

template <class Word>
uint64_t Load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

uint64_t Round(uint64_t lane, uint64_t word) {
  return std::rotl(lane + word * kPrime2, 31) * kPrime1;
}

uint64_t Merge(uint64_t hash, uint64_t lane) { return (hash ^ Round(0, lane)) * kPrime1 + kPrime4; }

// Four lanes over all whole stripes of 32 bytes; moves `at` behind them.
uint64_t Stripes(const char** at, const char* end, uint64_t seed) {
  uint64_t lanes[4] = {seed + kPrime1 + kPrime2, seed + kPrime2, seed, seed - kPrime1};
  const char* p = *at;
  for (; end - p >= 32; p += 32) {
    for (size_t i = 0; i < 4; ++i)
      lanes[i] = Round(lanes[i], Load<uint64_t>(p + 8 * i));
  }
  *at = p;
  uint64_t hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) +
                  std::rotl(lanes[3], 18);
  for (uint64_t lane : lanes)
    hash = Merge(hash, lane);
  return hash;
}

}  // namespace

uint64_t Checksum64(std::string_view bytes, uint64_t seed) {
  const char* p = bytes.data();
  const char* end = p + bytes.size();
  uint64_t hash = bytes.size() >= 32 ? Stripes(&p, end, seed) : seed + kPrime5;
  hash += bytes.size();
  for (; end - p >= 8; p += 8) {
    hash = std::rotl(hash ^ Round(0, Load<uint64_t>(p)), 27) * kPrime1 + kPrime4;
  }
  if (end - p >= 4) {
    hash = std::rotl(hash ^ (Load<uint32_t>(p) * kPrime1), 23) * kPrime2 + kPrime3;
    p += 4;
  }
  for (; p < end; ++p) {
    hash = std::rotl(hash ^ (static_cast<uint8_t>(*p) * kPrime5), 11) * kPrime1;
  }
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

}  // namespace keywatch::state
