// A text that a person wrote (a KQL query, a rule file) and places in it.
//
// A query often stands inside a YAML block scalar: `first_line` and `indent` say where it stood, so
// that a diagnostic names the line and column of the file the author has open.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keywatch {

// Bytes [offset, offset + length) of a SourceText.
struct SourceSpan {
  uint32_t offset = 0;
  uint32_t length = 0;

  bool operator==(const SourceSpan&) const = default;
};

// The smallest span that covers both.
SourceSpan Cover(SourceSpan a, SourceSpan b);

struct LineColumn {
  uint32_t line = 1;    // from 1, in the file
  uint32_t column = 1;  // from 1, in code points, in the file
};

struct SourceText {
  std::string name;         // file name, or "<query>"
  std::string text;         // UTF-8
  uint32_t first_line = 1;  // line of the file on which `text` begins
  uint32_t indent = 0;      // columns that YAML removed from each line of `text`

  [[nodiscard]] LineColumn Locate(uint32_t offset) const;
  // The line that holds `offset`, without its line end.
  [[nodiscard]] std::string_view LineAt(uint32_t offset) const;
};

}  // namespace keywatch
