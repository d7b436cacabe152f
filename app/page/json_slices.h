// Looking into JSON text without turning it into values: what is shown is what was written, digit
// by digit, and no depth of nesting can exhaust the stack.
//
// For text that is JSON, as the outbox holds it. Of other text the functions return what they can
// make of it, and never read beyond it. Slices point into the text given.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keywatch::app::page {

struct JsonMember {
  std::string name;
  std::string_view value;
};

// The members of an object in the order written; none if `text` is no object.
std::vector<JsonMember> JsonMembers(std::string_view text);
// The elements of an array; none if `text` is no array.
std::vector<std::string_view> JsonElements(std::string_view text);
// The value of the first member of that name; "" if there is none.
std::string_view JsonValue(const std::vector<JsonMember>& members, std::string_view name);
// A string's content with its escapes resolved; any other value as it is written.
std::string JsonText(std::string_view value);
// The same tokens on lines of their own, two blanks a level. At most `most_bytes` of it.
std::string IndentJson(std::string_view text, size_t most_bytes = 1 << 20);

}  // namespace keywatch::app::page
