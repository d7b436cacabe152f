// The text between the quotes of a JSON string, with its escapes resolved: one meaning for the
// whole program, because a rule that compares escaped text can be walked past (`Key\u0052elease`).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keywatch::record {

// Appends what `inside` (without the quotes) stands for. A surrogate without its partner becomes
// U+FFFD, as JSON.parse followed by writing UTF-8 does. False when an escape is malformed; `out`
// then holds what came before it. Does not look at control characters or at the UTF-8 of plain
// bytes.
bool UnescapeJson(std::string_view inside, std::string* out);

// Length of the multi-byte UTF-8 sequence at text[at]; 0 if it is none (an ASCII byte is none).
size_t MultiByteLength(std::string_view text, size_t at);

}  // namespace keywatch::record
