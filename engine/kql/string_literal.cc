#include "engine/kql/string_literal.h"

#include <algorithm>
#include <cstdint>

namespace keywatch::kql {
namespace {

constexpr uint32_t kReplacement = 0xFFFD;

int HexValue(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

void AppendUtf8(uint32_t code, std::string* out) {
  if ((code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF)
    code = kReplacement;
  auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// Exactly `digits` hexadecimal digits at text[at], or -1.
int64_t ReadHex(std::string_view text, size_t at, size_t digits) {
  if (text.size() < at + digits)
    return -1;
  int64_t code = 0;
  for (size_t i = at; i < at + digits; ++i) {
    int value = HexValue(text[i]);
    if (value < 0)
      return -1;
    code = code * 16 + value;
  }
  return code;
}

// \x41, \u0041 or \U00000041 with its backslash at text[at]; returns its length, or 0 if malformed.
size_t ReadHexEscape(std::string_view text, size_t at, std::string* out) {
  char kind = text[at + 1];
  size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
  int64_t code = ReadHex(text, at + 2, digits);
  if (code < 0)
    return 0;
  size_t length = 2 + digits;
  // A pair of surrogates is one code point.
  if (kind == 'u' && code >= 0xD800 && code <= 0xDBFF && text.substr(at + length, 2) == "\\u") {
    int64_t low = ReadHex(text, at + length + 2, 4);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      length += 6;
    }
  }
  AppendUtf8(static_cast<uint32_t>(std::min<int64_t>(code, UINT32_MAX)), out);
  return length;
}

// Up to three octal digits, at most \377.
size_t ReadOctalEscape(std::string_view text, size_t at, std::string* out) {
  uint32_t code = 0;
  size_t i = at + 1;
  while (i < text.size() && i < at + 4 && text[i] >= '0' && text[i] <= '7') {
    uint32_t next = code * 8 + static_cast<uint32_t>(text[i] - '0');
    if (next > 0xFF)
      break;
    code = next;
    ++i;
  }
  AppendUtf8(code, out);
  return i - at;
}

// The escape whose backslash is text[at]: appends its value and returns its length, 0 if it is
// none.
size_t ReadEscape(std::string_view text, size_t at, std::string* out) {
  constexpr std::string_view kLetters = "\\\"'abfnrtv";
  constexpr std::string_view kValues = "\\\"'\a\b\f\n\r\t\v";
  if (at + 1 >= text.size())
    return 0;
  char kind = text[at + 1];
  if (size_t i = kLetters.find(kind); i != std::string_view::npos) {
    out->push_back(kValues[i]);
    return 2;
  }
  if (kind == 'x' || kind == 'u' || kind == 'U')
    return ReadHexEscape(text, at, out);
  if (kind >= '0' && kind <= '7')
    return ReadOctalEscape(text, at, out);
  return 0;
}

bool IsFence(std::string_view text) { return text == "```" || text == "~~~"; }

size_t SkipObfuscation(std::string_view text, size_t at) {
  return at < text.size() && (text[at] == 'h' || text[at] == 'H') ? at + 1 : at;
}

void SetUnclosed(std::string_view quote, size_t at, StringLiteral* literal) {
  literal->closed = false;
  literal->error_at = at;
  literal->error_length = literal->end - at;
  literal->error = "expected the end of the string, found the end of the ";
  literal->error += quote.size() == 3 ? "text" : "line";
  literal->hint = "close the string with " + std::string(quote);
}

void ReadFenced(std::string_view text, size_t start, size_t body, StringLiteral* literal) {
  std::string_view fence = text.substr(body - 3, 3);
  size_t close = text.find(fence, body);
  bool closed = close != std::string_view::npos;
  literal->value = text.substr(body, closed ? close - body : close);
  literal->end = closed ? close + 3 : text.size();
  if (!closed)
    SetUnclosed(fence, start, literal);
}

// The body of a quoted literal: from text[body], just after the quote.
void ReadQuoted(
    std::string_view text, size_t start, size_t body, bool verbatim, StringLiteral* literal) {
  char quote = text[body - 1];
  size_t i = body;
  while (i < text.size() && text[i] != '\n' && text[i] != '\r') {
    if (text[i] == quote) {
      if (!verbatim || text.substr(i + 1, 1) != text.substr(i, 1)) {
        literal->end = i + 1;
        return;
      }
      literal->value += quote;
      i += 2;
    } else if (text[i] == '\\' && !verbatim) {
      size_t length = ReadEscape(text, i, &literal->value);
      if (length == 0 && literal->error.empty()) {
        literal->error_at = i;
        literal->error_length = std::min<size_t>(2, text.size() - i);
        literal->error = "there is no such escape in a string";
        literal->hint = "write \\\\ for a backslash, or mark the string with @: @\"..\"";
      }
      i += std::max<size_t>(length, 1);
    } else {
      literal->value += text[i++];
    }
  }
  literal->end = i;
  SetUnclosed(text.substr(body - 1, 1), start, literal);
}

}  // namespace

bool StartsString(std::string_view text, size_t at) {
  size_t i = SkipObfuscation(text, at);
  if (IsFence(text.substr(i, 3)))
    return true;
  if (i < text.size() && text[i] == '@')
    ++i;
  return i < text.size() && (text[i] == '"' || text[i] == '\'');
}

StringLiteral ReadString(std::string_view text, size_t at) {
  StringLiteral literal;
  size_t i = SkipObfuscation(text, at);
  if (IsFence(text.substr(i, 3))) {
    ReadFenced(text, at, i + 3, &literal);
    return literal;
  }
  bool verbatim = text[i] == '@';
  if (verbatim)
    ++i;
  ReadQuoted(text, at, i + 1, verbatim, &literal);
  return literal;
}

}  // namespace keywatch::kql
