// Finds where a JSON document ends, without reading what is in it: counts brackets outside of
// strings. What is between them may be nonsense; the decoder judges that.
#pragma once

#include <cstddef>
#include <string_view>

namespace keywatch::file {

// Text can be fed in pieces of any size, beginning at the document's first bracket.
class JsonExtent {
 public:
  static constexpr size_t kOpen = static_cast<size_t>(-1);

  // The number of bytes of `text` up to and with the bracket that closes the document, or kOpen.
  size_t Feed(std::string_view text);

  [[nodiscard]] bool in_string() const { return in_string_; }

 private:
  size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace keywatch::file
