#include "connectors/decode/json_cursor.h"

namespace keywatch::decode {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

bool IsJsonNumber(std::string_view text) {
  size_t at = 0;
  auto peek = [&] { return at < text.size() ? text[at] : '\0'; };
  auto digits = [&] {
    size_t start = at;
    while (IsDigit(peek()))
      ++at;
    return at > start;
  };
  if (peek() == '-')
    ++at;
  if (peek() == '0') {
    ++at;
  } else if (!digits()) {
    return false;
  }
  if (peek() == '.') {
    ++at;
    if (!digits())
      return false;
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at;
    if (peek() == '+' || peek() == '-')
      ++at;
    if (!digits())
      return false;
  }
  return at == text.size();
}

bool HasValidEscapes(std::string_view inside) {
  for (size_t at = inside.find('\\'); at != std::string_view::npos; at = inside.find('\\', at)) {
    if (at + 1 >= inside.size())
      return false;
    char kind = inside[at + 1];
    at += 2;
    if (kind == 'u') {
      if (at + 4 > inside.size())
        return false;
      for (size_t i = 0; i < 4; ++i) {
        if (!IsHex(inside[at++]))
          return false;
      }
    } else if (std::string_view("\"\\/bfnrt").find(kind) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool JsonCursor::ReadLiteralOrNumber(Token* out) {
  const char* begin = out->begin;
  auto length = static_cast<size_t>(out->end - begin);
  out->escaped = false;
  switch (*begin) {
    case 't':
      out->kind = TokenKind::kBool;
      if (length != 4 || std::memcmp(begin, "true", 4) != 0)
        return Fail(JsonError::kSyntax);
      break;
    case 'f':
      out->kind = TokenKind::kBool;
      if (length != 5 || std::memcmp(begin, "false", 5) != 0)
        return Fail(JsonError::kSyntax);
      break;
    case 'n':
      out->kind = TokenKind::kNull;
      if (length != 4 || std::memcmp(begin, "null", 4) != 0)
        return Fail(JsonError::kSyntax);
      break;
    default:
      out->kind = TokenKind::kNumber;
      if (!IsJsonNumber(out->text()))
        return Fail(JsonError::kSyntax);
  }
  ++at_;
  return true;
}

bool JsonCursor::SkipValue(int depth) {
  // One bit for each open container: 1 for an object.
  uint64_t objects = 0;
  int open = 0;
  Token token;
  for (;;) {
    char c = Peek();
    if (c == '{' || c == '[') {
      if (depth + open >= kMaxDepth)
        return Fail(JsonError::kTooDeep);
      ++at_;
      ++open;
      objects = (objects << 1) | (c == '{' ? 1U : 0U);
      if (Peek() != (c == '{' ? '}' : ']')) {
        if (c == '[')
          continue;
        if (Peek() != '"' || !ReadScalar(&token) || !Skip(':'))
          return Fail(JsonError::kSyntax);
        continue;
      }
    } else if (!ReadScalar(&token)) {
      return false;
    }
    // After a value: close what ends here, then go on to the next member or element.
    for (;;) {
      if (open == 0)
        return true;
      bool object = (objects & 1) != 0;
      if (Skip(object ? '}' : ']')) {
        objects >>= 1;
        --open;
        continue;
      }
      if (!Skip(','))
        return Fail(JsonError::kSyntax);
      if (object && (Peek() != '"' || !ReadScalar(&token) || !Skip(':'))) {
        return Fail(JsonError::kSyntax);
      }
      break;
    }
  }
}

bool JsonCursor::SkipBrackets() {
  int open = 0;
  for (; at_ < end_; ++at_) {
    char c = text_[*at_];
    if (c == '{' || c == '[') {
      ++open;
    } else if (c == '}' || c == ']') {
      if (--open == 0) {
        ++at_;
        return true;
      }
    }
  }
  return Fail(JsonError::kEnd);
}

}  // namespace keywatch::decode
