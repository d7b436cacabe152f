// Walks a JSON text token by token over its structural index, and checks every token on the way:
// what is skipped is as valid as what is read. With the index's own checks (UTF-8, no control
// characters inside strings) that is RFC 8259.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "connectors/decode/structural_index.h"

namespace keywatch::decode {

// Deepest nesting of containers within one record; the same as record::ParseJson follows.
inline constexpr int kMaxDepth = 63;

enum class TokenKind : uint8_t { kNull, kBool, kNumber, kString, kContainer };

// A value where it stands in the text: quotes and brackets included.
struct Token {
  const char* begin = nullptr;
  const char* end = nullptr;
  TokenKind kind = TokenKind::kNull;
  bool escaped = false;  // a string with a backslash

  [[nodiscard]] std::string_view text() const { return {begin, static_cast<size_t>(end - begin)}; }
  [[nodiscard]] std::string_view inside() const {
    return {begin + 1, static_cast<size_t>(end - begin - 2)};
  }
};

// A number as RFC 8259 writes it.
bool IsJsonNumber(std::string_view text);
// Every escape in the inside of a string is well-formed.
bool HasValidEscapes(std::string_view inside);

enum class JsonError : uint8_t { kNone, kSyntax, kTooDeep, kEnd };

class JsonCursor {
 public:
  JsonCursor() = default;
  // Both must outlive the cursor.
  JsonCursor(std::string_view text, const StructuralIndex& index)
      : text_(text.data()), size_(text.size()), at_(index.begin()), end_(index.end()) {}

  // The structural character that comes next; '\0' at the end.
  [[nodiscard]] char Peek() const { return at_ < end_ ? text_[*at_] : '\0'; }
  // The one `ahead` places further.
  [[nodiscard]] char Peek(size_t ahead) const {
    return static_cast<size_t>(end_ - at_) > ahead ? text_[at_[ahead]] : '\0';
  }
  // The text from that one on.
  [[nodiscard]] std::string_view Text(size_t ahead) const {
    size_t from = static_cast<size_t>(end_ - at_) > ahead ? at_[ahead] : size_;
    return {text_ + from, size_ - from};
  }
  [[nodiscard]] bool AtEnd() const { return at_ == end_; }
  void Advance(size_t count = 1) { at_ += count; }
  bool Skip(char c) {
    if (Peek() != c)
      return false;
    ++at_;
    return true;
  }
  // Offset of the token that comes next, the size of the text at the end.
  [[nodiscard]] size_t Position() const { return at_ < end_ ? *at_ : size_; }
  [[nodiscard]] const char* Here() const { return text_ + Position(); }
  [[nodiscard]] const char* text() const { return text_; }
  [[nodiscard]] const char* text_end() const { return text_ + size_; }
  [[nodiscard]] const uint32_t* place() const { return at_; }
  [[nodiscard]] const uint32_t* last_place() const { return end_; }
  // Onward only.
  void MoveTo(const uint32_t* place) { at_ = place; }
  // To a place passed before.
  void Return(const uint32_t* place) {
    at_ = place;
    next_backslash_ = nullptr;
  }

  // Reads a string, number, true, false or null and moves behind it. Escapes are checked, unless
  // `raw`: then the caller does so.
  bool ReadScalar(Token* out, bool raw = false) {
    if (at_ >= end_)
      return Fail(JsonError::kEnd);
    const char* begin = text_ + at_[0];
    // The entry behind the last one is the size of the text.
    const char* end = TrimEnd(begin, text_ + at_[1]);
    out->begin = begin;
    out->end = end;
    if (*begin != '"')
      return ReadLiteralOrNumber(out);
    out->kind = TokenKind::kString;
    out->escaped = HasBackslash(begin, end);
    if (end[-1] != '"' || end - begin < 2)
      return Fail(JsonError::kSyntax);
    if (out->escaped && !raw && !HasValidEscapes(out->inside()))
      return Fail(JsonError::kSyntax);
    ++at_;
    return true;
  }
  // Moves behind one value of any kind. `depth`: containers that are open around it.
  bool SkipValue(int depth);
  // Moves behind a container by its brackets alone, checking nothing inside; false if it does not
  // end.
  bool SkipBrackets();

  // Whether [begin, end) holds a backslash; asked for ever later places.
  bool HasBackslash(const char* begin, const char* end) {
    if (next_backslash_ < begin) {
      const void* found = std::memchr(begin, '\\', static_cast<size_t>(text_ + size_ - begin));
      next_backslash_ = found == nullptr ? text_ + size_ : static_cast<const char*>(found);
    }
    return next_backslash_ < end;
  }

  static const char* TrimEnd(const char* begin, const char* end) {
    while (end - begin > 1 && IsBlank(end[-1]))
      --end;
    return end;
  }

  // Why the last call returned false; the cursor stands where reading stopped.
  [[nodiscard]] JsonError error() const { return error_; }
  bool Fail(JsonError error) {
    error_ = AtEnd() && error == JsonError::kSyntax ? JsonError::kEnd : error;
    return false;
  }

 private:
  static bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  bool ReadLiteralOrNumber(Token* out);
  const char* text_ = nullptr;
  size_t size_ = 0;
  const uint32_t* at_ = nullptr;
  const uint32_t* end_ = nullptr;
  const char* next_backslash_ = nullptr;  // the first one at or after the last string asked about
  JsonError error_ = JsonError::kNone;
};

}  // namespace keywatch::decode
