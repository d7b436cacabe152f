#include "connectors/file/json_extent.h"

namespace keywatch::file {

size_t JsonExtent::Feed(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    char byte = text[i];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (byte == '\\') {
        escaped_ = true;
      } else if (byte == '"') {
        in_string_ = false;
      }
    } else if (byte == '"') {
      in_string_ = true;
    } else if (byte == '{' || byte == '[') {
      ++depth_;
    } else if (byte == '}' || byte == ']') {
      if (depth_ <= 1)
        return i + 1;
      --depth_;
    }
  }
  return kOpen;
}

}  // namespace keywatch::file
