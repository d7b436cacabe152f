#include "engine/record/json_string.h"

#include <cstdint>
#include <cstring>

namespace keywatch::record {
namespace {

void AppendUtf8(uint32_t code, std::string* out) {
  if (code < 0x80) {
    *out += static_cast<char>(code);
  } else if (code < 0x800) {
    *out += static_cast<char>(0xC0 | (code >> 6));
    *out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out += static_cast<char>(0xE0 | (code >> 12));
    *out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    *out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    *out += static_cast<char>(0xF0 | (code >> 18));
    *out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    *out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    *out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// Four hexadecimal digits at text[at]; false if they are not.
bool ReadHex4(std::string_view text, size_t at, uint32_t* out) {
  if (at + 4 > text.size())
    return false;
  uint32_t value = 0;
  for (size_t i = at; i < at + 4; ++i) {
    char c = text[i];
    uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<uint32_t>(c - 'A' + 10);
    } else {
      return false;
    }
    value = value * 16 + digit;
  }
  *out = value;
  return true;
}

// `at` stands after "\u" and moves behind the escape; a pair of surrogates is one code point.
bool ReadCodePoint(std::string_view text, size_t* at, uint32_t* code) {
  if (!ReadHex4(text, *at, code))
    return false;
  *at += 4;
  if (*code < 0xD800 || *code > 0xDFFF)
    return true;
  uint32_t low = 0;
  if (*code < 0xDC00 && text.substr(*at, 2) == "\\u" && ReadHex4(text, *at + 2, &low) &&
      low >= 0xDC00 && low <= 0xDFFF) {
    *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
    *at += 6;
  } else {
    *code = 0xFFFD;
  }
  return true;
}

char SimpleEscape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

}  // namespace

bool UnescapeJson(std::string_view inside, std::string* out) {
  size_t at = 0;
  while (at < inside.size()) {
    const void* found = std::memchr(inside.data() + at, '\\', inside.size() - at);
    size_t escape = found == nullptr
                        ? inside.size()
                        : static_cast<size_t>(static_cast<const char*>(found) - inside.data());
    out->append(inside.substr(at, escape - at));
    if (escape == inside.size())
      return true;
    if (escape + 1 >= inside.size())
      return false;
    char kind = inside[escape + 1];
    at = escape + 2;
    if (kind == 'u') {
      uint32_t code = 0;
      if (!ReadCodePoint(inside, &at, &code))
        return false;
      AppendUtf8(code, out);
    } else {
      char plain = SimpleEscape(kind);
      if (plain == '\0')
        return false;
      *out += plain;
    }
  }
  return true;
}

size_t MultiByteLength(std::string_view text, size_t at) {
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto continues = [&](size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  unsigned lead = byte(at);
  unsigned next = byte(at + 1);
  if (lead >= 0xC2 && lead < 0xE0)
    return continues(at + 1) ? 2 : 0;
  if (lead >= 0xE0 && lead < 0xF0) {
    if (!continues(at + 1) || !continues(at + 2))
      return 0;
    return (lead == 0xE0 && next < 0xA0) || (lead == 0xED && next >= 0xA0) ? 0 : 3;
  }
  if (lead >= 0xF0 && lead < 0xF5) {
    if (!continues(at + 1) || !continues(at + 2) || !continues(at + 3))
      return 0;
    return (lead == 0xF0 && next < 0x90) || (lead == 0xF4 && next >= 0x90) ? 0 : 4;
  }
  return 0;
}

}  // namespace keywatch::record
