#include "app/page/html.h"

#include <fmt/format.h>

#include "engine/record/json_string.h"

namespace keywatch::app::page {
namespace {

uint32_t CodePoint(std::string_view sequence) {
  auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<unsigned char>(sequence[i]));
  };
  uint32_t point = byte(0) & (0xFFU >> (sequence.size() + 1));
  for (size_t i = 1; i < sequence.size(); ++i)
    point = (point << 6) | (byte(i) & 0x3F);
  return point;
}

// Characters that are not seen, or that reorder what is seen.
bool IsTreacherous(uint32_t point) {
  return (point >= 0x80 && point <= 0x9F) || point == 0xAD || point == 0x61C || point == 0x180E ||
         (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF ||
         (point >= 0xFFF9 && point <= 0xFFFB) || (point >= 0xE0000 && point <= 0xE0FFF);
}

void AppendAscii(char c, std::string* out) {
  auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '&':
      *out += "&amp;";
      return;
    case '<':
      *out += "&lt;";
      return;
    case '>':
      *out += "&gt;";
      return;
    case '"':
      *out += "&quot;";
      return;
    case '\'':
      *out += "&#39;";
      return;
    case '\n':
    case '\t':
      *out += c;
      return;
    case 0x7F:
      *out += "\u2421";
      return;
    default:
      if (byte >= 0x20) {
        *out += c;
      } else {
        *out += "\xE2\x90";  // the control pictures begin at U+2400
        *out += static_cast<char>(0x80 + byte);
      }
  }
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      AppendAscii(text[at++], &out);
      continue;
    }
    size_t length = record::MultiByteLength(text, at);
    if (length == 0) {
      out += "\uFFFD";
      ++at;
      continue;
    }
    std::string_view sequence = text.substr(at, length);
    uint32_t point = CodePoint(sequence);
    if (IsTreacherous(point)) {
      out += fmt::format("[U+{:04X}]", point);
    } else {
      out += sequence;
    }
    at += length;
  }
  return out;
}

std::string PercentEncode(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace keywatch::app::page
