#include "connectors/format/text_limits.h"

#include <cstdint>

#include "engine/alert/json_text.h"

namespace keywatch::format {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

size_t SequenceLength(char lead) {
  auto byte = static_cast<unsigned char>(lead);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

uint32_t CodePoint(std::string_view sequence) {
  auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(sequence[i])); };
  switch (sequence.size()) {
    case 2:
      return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3:
      return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    case 4:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 |
             (byte(3) & 0x3F);
    default:
      return byte(0);
  }
}

bool IsInvisible(uint32_t point) {
  return (point < 0x20 && point != '\n') || (point >= 0x7F && point < 0xA0) || point == 0x00AD ||
         point == 0x061C || (point >= 0x200B && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2060 && point <= 0x206F) ||
         point == 0xFEFF || (point >= 0xE0000 && point <= 0xE007F);
}

}  // namespace

std::string CutCharacters(std::string_view text, size_t most) {
  size_t units = 0;
  size_t fits = 0;  // bytes that leave room for the ellipsis
  for (size_t at = 0; at < text.size();) {
    size_t length = SequenceLength(text[at]);
    units += length == 4 ? 2 : 1;
    if (units > most)
      return std::string(text.substr(0, fits)) + std::string(most == 0 ? "" : kEllipsis);
    at += length;
    if (units < most)
      fits = at;
  }
  return std::string(text);
}

std::string CutBytes(std::string_view text, size_t most) {
  return std::string(alert::CutUtf8(text, most));
}

std::string Visible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    std::string_view sequence = text.substr(at, SequenceLength(text[at]));
    at += sequence.size();
    if (sequence == "\r" || sequence == "\t") {
      out += sequence == "\t" ? " " : "";
    } else {
      out += IsInvisible(CodePoint(sequence)) ? kReplacement : sequence;
    }
  }
  return out;
}

std::string VisibleLine(std::string_view text) {
  std::string out;
  for (char c : Visible(text)) {
    bool is_blank = c == '\n' || c == ' ';
    if (!is_blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ')
    out.pop_back();
  return out;
}

}  // namespace keywatch::format
