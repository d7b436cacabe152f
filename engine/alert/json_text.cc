#include "engine/alert/json_text.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "engine/record/dynamic.h"
#include "engine/record/json_string.h"
#include "engine/record/time.h"

namespace keywatch::alert {
namespace {

constexpr int kMaxDepth = 64;
constexpr uint64_t kOnes = 0x0101010101010101ULL;
constexpr uint64_t kHighs = 0x8080808080808080ULL;

// The high bit of each byte that is a control character, a quote, a backslash or not ASCII. Borrows
// may set bits above the lowest one, which alone is exact.
uint64_t NotPlain(uint64_t word) {
  uint64_t quote = word ^ (kOnes * '"');
  uint64_t backslash = word ^ (kOnes * '\\');
  uint64_t found = (word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes) | word;
  return found & kHighs;
}

bool IsPlain(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

// Where the run of plain characters that begins at text[at] ends.
size_t PlainEnd(std::string_view text, size_t at) {
  while (text.size() - at >= 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if (uint64_t found = NotPlain(word); found != 0) {
      if constexpr (std::endian::native != std::endian::little)
        break;
      return at + static_cast<size_t>(std::countr_zero(found)) / 8;
    }
    at += 8;
  }
  while (at < text.size() && IsPlain(text[at]))
    ++at;
  return at;
}

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  bool Document() {
    if (!Value(0))
      return false;
    SkipBlanks();
    return at_ == text_.size();
  }

 private:
  [[nodiscard]] char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Skip(char c) {
    if (Peek() != c)
      return false;
    ++at_;
    return true;
  }
  void SkipBlanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool Literal(std::string_view word) {
    if (text_.substr(at_, word.size()) != word)
      return false;
    at_ += word.size();
    return true;
  }

  bool Value(int depth) {
    SkipBlanks();
    switch (Peek()) {
      case '"':
        return String();
      case '{':
        return depth < kMaxDepth && Members(depth, '}', true);
      case '[':
        return depth < kMaxDepth && Members(depth, ']', false);
      case 't':
        return Literal("true");
      case 'f':
        return Literal("false");
      case 'n':
        return Literal("null");
      default:
        return Number();
    }
  }

  bool Members(int depth, char close, bool named) {
    ++at_;
    SkipBlanks();
    if (Skip(close))
      return true;
    do {
      if (named) {
        SkipBlanks();
        if (Peek() != '"' || !String())
          return false;
        SkipBlanks();
        if (!Skip(':'))
          return false;
      }
      if (!Value(depth + 1))
        return false;
      SkipBlanks();
    } while (Skip(','));
    return Skip(close);
  }

  bool String() {
    ++at_;
    while (true) {
      at_ = PlainEnd(text_, at_);
      if (at_ >= text_.size())
        return false;
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (!Escape())
          return false;
        continue;
      }
      size_t length = record::MultiByteLength(text_, at_);  // 0 for a control character
      if (length == 0)
        return false;
      at_ += length;
    }
  }

  bool Hex4(uint32_t* out) {
    if (text_.size() - at_ < 4)
      return false;
    *out = 0;
    for (size_t end = at_ + 4; at_ < end; ++at_) {
      char c = text_[at_];
      char lower = static_cast<char>(c | 0x20);
      if (c >= '0' && c <= '9') {
        *out = *out << 4 | static_cast<uint32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        *out = *out << 4 | static_cast<uint32_t>(lower - 'a' + 10);
      } else {
        return false;
      }
    }
    return true;
  }

  bool Escape() {
    ++at_;
    char kind = Peek();
    ++at_;
    if (kind != 'u')
      return kind != '\0' && std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
    uint32_t code = 0;
    if (!Hex4(&code))
      return false;
    if (code < 0xD800 || code >= 0xE000)
      return true;
    uint32_t low = 0;
    return code < 0xDC00 && Literal("\\u") && Hex4(&low) && low >= 0xDC00 && low < 0xE000;
  }

  size_t Digits() {
    size_t start = at_;
    while (Peek() >= '0' && Peek() <= '9')
      ++at_;
    return at_ - start;
  }

  bool Number() {
    Skip('-');
    bool zero = Peek() == '0';
    size_t whole = Digits();
    if (whole == 0 || whole > 18 || (zero && whole > 1))
      return false;
    if (Skip('.')) {
      size_t fraction = Digits();
      if (fraction == 0 || fraction > 40)
        return false;
    }
    if (Skip('e') || Skip('E')) {
      if (!Skip('+'))
        Skip('-');
      size_t exponent = Digits();
      if (exponent == 0 || exponent > 2)
        return false;
    }
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

void AppendDigits(int value, int width, char** at) {
  for (int i = width - 1; i >= 0; --i) {
    (*at)[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  *at += width;
}

}  // namespace

void AppendText(std::string_view text, std::string* out) {
  if (PlainEnd(text, 0) != text.size())
    return record::AppendJsonString(text, out);
  *out += '"';
  *out += text;
  *out += '"';
}

void AppendTime(int64_t ticks, std::string* out) {
  record::CivilTime civil = record::ToCivil(ticks);
  std::array<char, 32> buffer{};
  char* at = buffer.data();
  *at++ = '"';
  AppendDigits(civil.year, 4, &at);
  *at++ = '-';
  AppendDigits(civil.month, 2, &at);
  *at++ = '-';
  AppendDigits(civil.day, 2, &at);
  *at++ = 'T';
  AppendDigits(civil.hour, 2, &at);
  *at++ = ':';
  AppendDigits(civil.minute, 2, &at);
  *at++ = ':';
  AppendDigits(civil.second, 2, &at);
  *at++ = '.';
  AppendDigits(civil.ticks, 7, &at);
  *at++ = 'Z';
  *at++ = '"';
  out->append(buffer.data(), static_cast<size_t>(at - buffer.data()));
}

bool IsPlainJson(std::string_view text) { return Checker(text).Document(); }

bool IsUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    size_t length =
        static_cast<unsigned char>(text[at]) < 0x80 ? 1 : record::MultiByteLength(text, at);
    if (length == 0)
      return false;
    at += length;
  }
  return true;
}

std::string_view CutUtf8(std::string_view text, size_t limit) {
  if (text.size() <= limit)
    return text;
  size_t end = limit;
  // A sequence has at most three continuation bytes; more is not UTF-8 and may be cut anywhere.
  for (int back = 0; back < 3 && end > 0; ++back) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U)
      break;
    --end;
  }
  return text.substr(0, end);
}

}  // namespace keywatch::alert
