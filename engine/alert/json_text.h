// JSON text at speed, for the alert writer: strings out, and the question whether a text that came
// from outside may stand inside our JSON as it is.
#pragma once

#include <string>
#include <string_view>

namespace keywatch::alert {

// As record::AppendJsonString, with a fast path for plain ASCII.
void AppendText(std::string_view text, std::string* out);

// Appends "YYYY-MM-DDThh:mm:ss.fffffffZ" in quotes.
void AppendTime(int64_t ticks, std::string* out);

// True if any JSON reader can be expected to read `text`: RFC 8259, valid UTF-8, at most 64 levels
// deep, no lone surrogate among \u escapes, integers of at most 18 digits, exponents of at most
// two. Stricter than the decoder on purpose: a record that makes a receiver refuse the whole alert
// would hide what it did.
bool IsPlainJson(std::string_view text);

bool IsUtf8(std::string_view text);

// The longest prefix of at most `limit` bytes that does not split a UTF-8 sequence.
std::string_view CutUtf8(std::string_view text, size_t limit);

}  // namespace keywatch::alert
