// HTML under construction. Only string literals go in as they are; every other text is escaped, so
// that nothing that a record says can become markup: the types keep them apart.
//
// Escaped text is safe between tags and inside quoted attributes. Characters that a reader would
// not see, or that change the order of what he sees, are shown instead of obeyed: controls as their
// pictures (U+2400 ..), directional and zero-width characters as [U+202E]. Bytes that are not UTF-8
// become U+FFFD.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keywatch::app::page {

std::string EscapeHtml(std::string_view text);
// For one segment of a path or one value of a query.
std::string PercentEncode(std::string_view text);

class Html {
 public:
  template <size_t N>
  Html& Raw(const char (&literal)[N]) {
    text_.append(literal, N - 1);
    return *this;
  }
  Html& Text(std::string_view text) {
    text_ += EscapeHtml(text);
    return *this;
  }
  Html& Add(const Html& html) {
    text_ += html.text_;
    return *this;
  }

  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

}  // namespace keywatch::app::page
