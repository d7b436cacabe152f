// Case of ASCII letters, for names and searches; other bytes stay as they are.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace keywatch::app::page {

inline char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

inline std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), LowerChar);
  return out;
}

// `lower_needle` is in lower case.
inline bool ContainsIgnoringCase(std::string_view text, std::string_view lower_needle) {
  auto found = std::search(
      text.begin(), text.end(), lower_needle.begin(), lower_needle.end(), [](char a, char b) {
        return LowerChar(a) == b;
      });
  return found != text.end() || lower_needle.empty();
}

}  // namespace keywatch::app::page
