// A 64-bit hash of bytes: two lanes of folded 64x64->128-bit multiplies (the wyhash idea) over
// little-endian words, the length mixed in. Written out here because record ids on disk and in
// alert ids are made of it (seed 0): a change of one bit would make every record and alert a new
// one.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace keywatch::record {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

namespace hash_constants {
inline constexpr uint64_t kA = 0xA0761D6478BD642FULL;
inline constexpr uint64_t kB = 0xE7037ED1A0B428DBULL;
inline constexpr uint64_t kC = 0x8EBC6AF09C88C6E3ULL;
}  // namespace hash_constants

// Both halves of the product, folded together.
inline uint64_t FoldedMultiply(uint64_t a, uint64_t b) {
  auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t LoadWord(const char* at) {
  uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Up to 16 bytes as two words, without reading outside them. Together with the size the words say
// exactly which bytes they were.
struct ShortText {
  uint64_t low = 0;
  uint64_t high = 0;
};
inline ShortText LoadShort(const char* at, size_t size) {
  if (size >= 8)
    return {LoadWord(at), LoadWord(at + size - 8)};
  if (size >= 4) {
    uint32_t head = 0;
    uint32_t tail = 0;
    std::memcpy(&head, at, sizeof head);
    std::memcpy(&tail, at + size - 4, sizeof tail);
    return {head, tail};
  }
  if (size == 0)
    return {};
  auto byte = [&](size_t i) { return static_cast<uint64_t>(static_cast<unsigned char>(at[i])); };
  return {(byte(0) << 16) | (byte(size / 2) << 8) | byte(size - 1), 0};
}

inline uint64_t FinishHash(ShortText last, uint64_t lanes, size_t size, uint64_t seed) {
  using hash_constants::kA, hash_constants::kB, hash_constants::kC;
  uint64_t mixed = FoldedMultiply(last.low ^ kB ^ seed, last.high ^ lanes);
  return FoldedMultiply(mixed ^ kC, size ^ kA);
}

// Seed 0 where the hash is stored or compared between processes; a seed of the process where only a
// table in memory uses it and others choose the texts.
inline uint64_t HashBytes(std::string_view bytes, uint64_t seed) {
  using hash_constants::kA, hash_constants::kB, hash_constants::kC;
  const char* at = bytes.data();
  size_t left = bytes.size();
  // The seed is in both factors: nobody can choose bytes that make a product zero.
  const uint64_t a = kA ^ seed;
  const uint64_t b = kB ^ seed;
  uint64_t first = a;
  uint64_t second = b;
  while (left > 32) {
    first = FoldedMultiply(LoadWord(at) ^ a, LoadWord(at + 8) ^ first);
    second = FoldedMultiply(LoadWord(at + 16) ^ b, LoadWord(at + 24) ^ second);
    at += 32;
    left -= 32;
  }
  if (left > 16) {
    first = FoldedMultiply(LoadWord(at) ^ kC ^ seed, LoadWord(at + 8) ^ first);
    at += 16;
    left -= 16;
  }
  return FinishHash(LoadShort(at, left), first ^ second, bytes.size(), seed);
}

// a == b; without a call for the short texts that most are.
inline bool SameBytes(std::string_view a, std::string_view b) {
  if (a.size() != b.size())
    return false;
  if (a.size() > 32)
    return std::memcmp(a.data(), b.data(), a.size()) == 0;
  if (a.size() > 16) {
    ShortText left = LoadShort(a.data(), 16);
    ShortText right = LoadShort(b.data(), 16);
    if (left.low != right.low || left.high != right.high)
      return false;
    a.remove_prefix(a.size() - 16);
    b.remove_prefix(b.size() - 16);
  }
  ShortText left = LoadShort(a.data(), a.size());
  ShortText right = LoadShort(b.data(), b.size());
  return left.low == right.low && left.high == right.high;
}

// Random for each process.
uint64_t ProcessHashSeed();

}  // namespace keywatch::record
