// What the decoder is measured against: simdjson On-Demand at its documented use, one `iterate` per
// message, a loop over the names, get_string of fifteen members, nothing kept.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace keywatch::bench {

class BareParse {
 public:
  BareParse();
  ~BareParse();
  // `message` has simdjson's padding behind it. Returns the bytes of the strings read, 0 on an
  // error.
  size_t Records(std::string_view message);
  size_t Line(std::string_view message);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::bench
