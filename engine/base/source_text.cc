#include "engine/base/source_text.h"

#include <algorithm>
#include <cstddef>

namespace keywatch {
namespace {

// Offset at which the line that holds `offset` begins.
size_t LineStart(std::string_view text, uint32_t offset) {
  size_t end = std::min<size_t>(offset, text.size());
  size_t newline = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

}  // namespace

SourceSpan Cover(SourceSpan a, SourceSpan b) {
  uint32_t begin = std::min(a.offset, b.offset);
  uint32_t end = std::max(a.offset + a.length, b.offset + b.length);
  return {begin, end - begin};
}

LineColumn SourceText::Locate(uint32_t offset) const {
  size_t end = std::min<size_t>(offset, text.size());
  size_t start = LineStart(text, offset);
  auto lines = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(start), '\n');
  // Continuation bytes of UTF-8 (10xxxxxx) take no column of their own.
  auto columns =
      std::count_if(text.begin() + static_cast<ptrdiff_t>(start),
                    text.begin() + static_cast<ptrdiff_t>(end),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return {first_line + static_cast<uint32_t>(lines), indent + static_cast<uint32_t>(columns) + 1};
}

std::string_view SourceText::LineAt(uint32_t offset) const {
  std::string_view view = text;
  size_t start = LineStart(view, offset);
  size_t end = view.find('\n', start);
  std::string_view line = view.substr(start, end == std::string_view::npos ? end : end - start);
  if (!line.empty() && line.back() == '\r')
    line.remove_suffix(1);
  return line;
}

}  // namespace keywatch
