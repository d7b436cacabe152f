#include "app/page/form.h"

#include <algorithm>
#include <charconv>

namespace keywatch::app::page {
namespace {

std::string Decode(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(text.data() + at + 1, text.data() + at + 3, value, 16).ptr ==
            text.data() + at + 3) {
      out += static_cast<char>(value);
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

}  // namespace

std::map<std::string, std::string> ReadForm(std::string_view body) {
  std::map<std::string, std::string> fields;
  for (size_t at = 0; at < body.size();) {
    size_t end = std::min(body.find('&', at), body.size());
    std::string_view pair = body.substr(at, end - at);
    size_t equals = std::min(pair.find('='), pair.size());
    std::string_view value = equals == pair.size() ? "" : pair.substr(equals + 1);
    fields.emplace(Decode(pair.substr(0, equals)), Decode(value));
    at = end + 1;
  }
  return fields;
}

}  // namespace keywatch::app::page
