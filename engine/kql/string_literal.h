// One string literal of KQL:
//   "a\tb"  'a'          escapes \\ \" \' \a \b \f \n \r \t \v \0 \101 \x41 \u00e9 \U0001F600
//   @"a\b"  @'it''s'     verbatim; the quote is doubled
//   ```a```  ~~~a~~~     several lines, no escapes
// Each may be marked h or H (obfuscated in logs); the value is the same.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keywatch::kql {

// True if a string literal, with its prefixes, begins at text[at].
bool StartsString(std::string_view text, size_t at);

struct StringLiteral {
  std::string value;  // UTF-8; half of a surrogate pair becomes U+FFFD
  size_t end = 0;     // one past the literal
  // What is wrong, or empty; with where it is.
  std::string error;
  std::string hint;
  size_t error_at = 0;
  size_t error_length = 0;
  bool closed = true;  // false: the end is missing, and the literal was taken to end with its line
};

// Reads the literal at text[at]; requires StartsString.
StringLiteral ReadString(std::string_view text, size_t at);

}  // namespace keywatch::kql
