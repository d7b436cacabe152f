// The pieces a KQL text is made of. Words are not classified here: KQL's keywords are contextual
// (`count` may be a column), so it is the parser's position that gives a word its meaning.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/source_text.h"

namespace keywatch::kql {

enum class TokenKind {
  kEnd,      // after the last character; a text has exactly one
  kInvalid,  // something that is no token; the lexer has reported it
  kWord,     // name or keyword; also the negated and case-insensitive ones: !in, in~, !has
  kLong,
  kReal,
  kTimespan,
  kBool,
  kString,
  kTyped,  // datetime(..), long(..): the type's name and, as `text`, what stands between ( and )
  kPipe,
  kSemicolon,
  kComma,
  kColon,
  kDot,
  kDotDot,
  kOpenParen,
  kCloseParen,
  kOpenBracket,
  kCloseBracket,
  kOpenBrace,
  kCloseBrace,
  kAssign,
  kOperator,  // == != <> =~ !~ < <= > >= + - / %
  kStar,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  SourceSpan span;
  std::string text;     // as written; of a string its value
  uint32_t depth = 0;   // brackets open around the token; a bracket itself counts as outside
  bool broken = false;  // a string without its end; reported, and what follows may be wrong for it
};

}  // namespace keywatch::kql
