// UTF-8 text counted in characters, as Sentinel's limits and KQL's strlen() do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace keywatch {

inline bool StartsCodePoint(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// Of valid UTF-8; every byte that continues a character counts to the one before it.
inline size_t CountCodePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), StartsCodePoint));
}

}  // namespace keywatch
