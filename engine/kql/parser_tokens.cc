// The parser's hands: looking at tokens, taking them, saying what is wrong with them, and finding
// the place where it makes sense to go on.
#include "engine/kql/grammar.h"
#include "engine/kql/vocabulary.h"

namespace keywatch::kql {
namespace {

constexpr size_t kExcerptLength = 40;

bool IsClose(TokenKind kind) {
  return kind == TokenKind::kCloseParen || kind == TokenKind::kCloseBracket ||
         kind == TokenKind::kCloseBrace;
}

std::string LowerCase(std::string word) {
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  }
  return word;
}

bool IsNameWord(const Token& token) {
  return token.kind == TokenKind::kWord && token.text.front() != '!' && token.text.back() != '~';
}

bool IsComparison(const std::string& text) {
  static const std::vector<std::string> kComparisons = {
      "==",       "!=",  "<>",   "=~",       "!~",        "<",          "<=",       ">",
      ">=",       "in",  "!in",  "in~",      "!in~",      "has_any",    "has_all",  "between",
      "!between", "has", "!has", "contains", "!contains", "startswith", "endswith", "matches"};
  return Contains(kComparisons, text);
}

}  // namespace

const Token& Parser::Peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& Parser::Take() {
  const Token& token = Peek();
  if (token.broken)
    quiet_ = true;
  if (at_ + 1 < tokens_.size())
    ++at_;
  return token;
}

bool Parser::AtWord(std::string_view word) const {
  return Peek().kind == TokenKind::kWord && Peek().text == word;
}

// Operators and words by their text.
bool Parser::AtAny(std::initializer_list<std::string_view> words) const {
  const Token& token = Peek();
  if (token.kind != TokenKind::kWord && token.kind != TokenKind::kOperator &&
      token.kind != TokenKind::kStar) {
    return false;
  }
  return std::find(words.begin(), words.end(), token.text) != words.end();
}

bool Parser::AtParameter() const {
  return Peek().kind == TokenKind::kWord && Peek(1).kind == TokenKind::kAssign;
}

bool Parser::AtHint() const {
  return AtWord("hint") && Peek(1).kind == TokenKind::kDot && Peek(2).kind == TokenKind::kWord &&
         Peek(3).kind == TokenKind::kAssign;
}

bool Parser::TakeIf(TokenKind kind) {
  if (!At(kind))
    return false;
  Take();
  return true;
}

bool Parser::TakeWord(std::string_view word) {
  if (!AtWord(word))
    return false;
  Take();
  return true;
}

bool Parser::Expect(TokenKind kind, std::string_view what) {
  return TakeIf(kind) || Unexpected(what);
}

bool Parser::ExpectClose(TokenKind kind, std::string_view what, const Token& open) {
  if (TakeIf(kind))
    return true;
  if (!AtOperatorEnd())
    return Unexpected(what);
  // The place of the opening bracket says more than what was found.
  LineColumn place = source_.Locate(open.span.offset);
  std::string hint = "close the `" + open.text + "` of line " + std::to_string(place.line) +
                     ", column " + std::to_string(place.column);
  if (At(TokenKind::kPipe))
    hint += ", or give the pipeline parentheses of its own";
  return Unexpected(what, std::move(hint));
}

bool Parser::ExpectWord(std::string_view word) {
  return TakeWord(word) || Unexpected("`" + std::string(word) + "`");
}

size_t Parser::NameLength(size_t ahead) const {
  if (IsNameWord(Peek(ahead)))
    return 1;
  bool bracketed = Peek(ahead).kind == TokenKind::kOpenBracket &&
                   Peek(ahead + 1).kind == TokenKind::kString &&
                   Peek(ahead + 2).kind == TokenKind::kCloseBracket;
  return bracketed ? 3 : 0;
}

bool Parser::IsReservedFor(NameUse use, std::string_view word) {
  if (use == NameUse::kReference)
    return IsReserved(word);
  return IsReservedBeforeAssign(word) || (use == NameUse::kDeclared && IsReserved(word));
}

bool Parser::ParseName(NameUse use, std::string* name, SourceSpan* span) {
  uint32_t begin = Peek().span.offset;
  switch (NameLength()) {
    case 0:
      return Unexpected("a name");
    case 1: {
      const std::string& word = Peek().text;
      if (IsReservedFor(use, word)) {
        return Unexpected("a name",
                          "`" + word + "` is a keyword; as a name it is written ['" + word + "']");
      }
      *name = Take().text;
      break;
    }
    default:
      Take();
      *name = Take().text;
      Take();
  }
  *span = SpanFrom(begin);
  return true;
}

// True if no blank stands between this token and the one after it, `ahead` tokens on.
bool Parser::Adjacent(size_t ahead) const {
  const SourceSpan& span = Peek(ahead).span;
  return span.offset + span.length == Peek(ahead + 1).span.offset &&
         Peek(ahead + 1).kind != TokenKind::kEnd;
}

bool Parser::AtOperatorEnd() const {
  TokenKind kind = Peek().kind;
  return kind == TokenKind::kPipe || kind == TokenKind::kSemicolon || kind == TokenKind::kEnd ||
         IsClose(kind);
}

// From `offset` to the end of the token taken last.
SourceSpan Parser::SpanFrom(uint32_t offset) const {
  if (at_ == 0)
    return {offset, 0};
  const SourceSpan& last = tokens_[at_ - 1].span;
  uint32_t end = last.offset + last.length;
  return {offset, end > offset ? end - offset : 0};
}

void Parser::Error(SourceSpan span, std::string message, std::string hint) {
  if (quiet_ || errors_left_ == 0)
    return;
  diagnostics_->Error(span, std::move(message), std::move(hint));
  if (--errors_left_ == 0)
    at_ = tokens_.size() - 1;
}

// Reports that `expected` should stand where the next token stands. Always false.
bool Parser::Unexpected(std::string_view expected, std::string hint) {
  const Token& found = Peek();
  if (found.kind == TokenKind::kInvalid)
    return false;  // the lexer has reported it
  if (last_unexpected_ == at_)
    return false;  // a consequence: this token has been reported
  last_unexpected_ = at_;
  std::string message = "expected " + std::string(expected);
  SourceSpan span = found.span;
  if (at_ > 0) {
    const SourceSpan& previous = tokens_[at_ - 1].span;
    message += " after " + Written(previous);
    if (found.kind == TokenKind::kEnd)
      span = {previous.offset + previous.length, 0};
  }
  message += ", found: ";
  message += found.kind == TokenKind::kEnd ? "the end of the query" : Written(found.span);
  bool complete = expected.front() == '`';  // something could have ended here
  if (hint.empty() && complete)
    hint = HintAfterComplete();
  Error(span, std::move(message), std::move(hint));
  return false;
}

// What to do about the next token, which cannot stand after a complete expression.
std::string Parser::HintAfterComplete() const {
  const Token& found = Peek();
  if (IsClose(found.kind)) {
    if (at_ > 0 && tokens_[at_ - 1].kind == TokenKind::kTyped)
      return "a literal ends at its first ); to convert a value write todatetime(..), tolong(..)";
    return "no bracket is open that it could close";
  }
  if (found.kind == TokenKind::kAssign)
    return "write == to compare";
  if (found.kind != TokenKind::kWord && found.kind != TokenKind::kOperator)
    return "";
  std::string lower = LowerCase(found.text);
  bool is_logic = lower == "and" || lower == "or" || lower == "not";
  if (lower != found.text && (is_logic || IsComparison(lower))) {
    return "operators are in lower case: " + lower;
  }
  if (IsComparison(found.text))
    return "join comparisons with and, or, or parentheses";
  if (found.text.front() == '!' && found.kind == TokenKind::kWord)
    return "write not(..)";
  if (at_ > 0 && tokens_[at_ - 1].text == "not")
    return "write not(..)";
  if (Contains(SupportedOperators(), lower) || Contains(UnsupportedOperators(), lower)) {
    return "put a | before " + lower;
  }
  return "";
}

// `text of the span`, cut when it is long or has several lines.
std::string Parser::Written(SourceSpan span) const {
  std::string_view text = std::string_view(source_.text).substr(span.offset, span.length);
  size_t length = std::min({text.size(), kExcerptLength, text.find_first_of("\r\n")});
  while (length > 0 && length < text.size() &&
         (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) {
    --length;
  }
  std::string out = "`" + std::string(text.substr(0, length));
  if (length < text.size())
    out += "..";
  return out + "`";
}

// Goes on to the next pipe or semicolon of this depth, or to what closes it.
void Parser::SkipToPipe(uint32_t depth) {
  while (!At(TokenKind::kEnd)) {
    const Token& token = Peek();
    bool stop = token.kind == TokenKind::kPipe || token.kind == TokenKind::kSemicolon;
    if (token.depth < depth || (token.depth == depth && stop))
      return;
    Take();
  }
}

void Parser::SkipStatement() {
  while (!At(TokenKind::kEnd) && !(At(TokenKind::kSemicolon) && Peek().depth == 0))
    Take();
}

bool Parser::Nesting::Allowed() {
  if (parser_->nesting_ <= kMaxNesting)
    return true;
  parser_->Error(parser_->Peek().span,
                 "nested too deeply; the limit is " + std::to_string(kMaxNesting),
                 "give inner parts a name with let");
  parser_->quiet_ = true;  // what is left of the statement was not read in its place
  return false;
}

}  // namespace keywatch::kql
