#include "engine/kql/lexer.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "engine/kql/string_literal.h"

namespace keywatch::kql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}
bool IsWordPart(char c) { return (IsWordStart(c) && c != '$') || IsDigit(c); }

template <size_t N>
bool OneOf(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr auto kTimespanUnits = std::to_array<std::string_view>({"d",
                                                                 "day",
                                                                 "days",
                                                                 "h",
                                                                 "hr",
                                                                 "hrs",
                                                                 "hour",
                                                                 "hours",
                                                                 "m",
                                                                 "min",
                                                                 "minute",
                                                                 "minutes",
                                                                 "s",
                                                                 "sec",
                                                                 "second",
                                                                 "seconds",
                                                                 "ms",
                                                                 "milli",
                                                                 "millis",
                                                                 "millisecond",
                                                                 "milliseconds",
                                                                 "micro",
                                                                 "micros",
                                                                 "microsecond",
                                                                 "microseconds",
                                                                 "nano",
                                                                 "nanos",
                                                                 "nanosecond",
                                                                 "nanoseconds",
                                                                 "tick",
                                                                 "ticks",
                                                                 "millisec",
                                                                 "microsec"});

// Words that, directly before a parenthesis, make one literal with what stands in it.
constexpr auto kLiteralTypes = std::to_array<std::string_view>({"bool",
                                                                "date",
                                                                "datetime",
                                                                "decimal",
                                                                "double",
                                                                "guid",
                                                                "int",
                                                                "int32",
                                                                "int64",
                                                                "long",
                                                                "real",
                                                                "time",
                                                                "timespan"});

constexpr auto kBools =
    std::to_array<std::string_view>({"true", "True", "TRUE", "false", "False", "FALSE"});

struct Symbol {
  std::string_view text;
  TokenKind kind;
};
// Longer ones first.
constexpr auto kSymbols = std::to_array<Symbol>({
    {"..", TokenKind::kDotDot},      {"==", TokenKind::kOperator},  {"!=", TokenKind::kOperator},
    {"<>", TokenKind::kOperator},    {"=~", TokenKind::kOperator},  {"!~", TokenKind::kOperator},
    {"<=", TokenKind::kOperator},    {">=", TokenKind::kOperator},  {"<", TokenKind::kOperator},
    {">", TokenKind::kOperator},     {"+", TokenKind::kOperator},   {"-", TokenKind::kOperator},
    {"/", TokenKind::kOperator},     {"%", TokenKind::kOperator},   {"*", TokenKind::kStar},
    {"=", TokenKind::kAssign},       {"|", TokenKind::kPipe},       {";", TokenKind::kSemicolon},
    {",", TokenKind::kComma},        {":", TokenKind::kColon},      {".", TokenKind::kDot},
    {"(", TokenKind::kOpenParen},    {")", TokenKind::kCloseParen}, {"[", TokenKind::kOpenBracket},
    {"]", TokenKind::kCloseBracket}, {"{", TokenKind::kOpenBrace},  {"}", TokenKind::kCloseBrace},
});

// What people write from habit, and what KQL has instead.
struct Habit {
  std::string_view text;
  std::string_view hint;
};
constexpr auto kHabits = std::to_array<Habit>({
    {"&&", "write `and`"},
    {"||", "write `or`"},
    {"/*", "KQL has only comments that begin with // and end with the line"},
    {"&", "write `and`"},
    {"!", "write not(..)"},
    {"#", "comments begin with //"},
});

class Lexer {
 public:
  Lexer(std::string_view text, size_t max_errors, Diagnostics* diagnostics)
      : text_(text), errors_left_(max_errors), diagnostics_(diagnostics) {}

  std::vector<Token> Run() {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF")
      at_ = 3;
    for (SkipBlanks(); at_ < text_.size(); SkipBlanks())
      Next();
    Add(TokenKind::kEnd, at_);
    return std::move(tokens_);
  }

 private:
  void SkipBlanks() {
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') {
        ++at_;
      } else if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_, 2) == "\xC2\xA0") {  // no-break space, from a web page
        at_ += 2;
      } else {
        return;
      }
    }
  }

  void Next() {
    char c = text_[at_];
    if (StartsString(text_, at_)) {
      AddString();
    } else if (IsDigit(c)) {
      AddNumber();
    } else if (IsWordStart(c)) {
      AddWord();
    } else if (c == '!' && at_ + 1 < text_.size() && IsWordStart(text_[at_ + 1])) {
      AddNegatedWord();
    } else {
      AddSymbol();
    }
  }

  // Makes a token of what lies from at_ to `end`.
  Token& Add(TokenKind kind, size_t end) {
    Token& token = tokens_.emplace_back();
    token.kind = kind;
    token.span = SpanOf(at_, end - at_);
    token.text = text_.substr(at_, end - at_);
    at_ = end;
    return token;
  }

  static SourceSpan SpanOf(size_t offset, size_t length) {
    return {static_cast<uint32_t>(offset), static_cast<uint32_t>(length)};
  }

  void Error(SourceSpan span, std::string message, std::string hint) {
    if (errors_left_ == 0)
      return;
    --errors_left_;
    diagnostics_->Error(span, std::move(message), std::move(hint));
  }

  void AddString() {
    StringLiteral literal = ReadString(text_, at_);
    if (!literal.error.empty()) {
      Error(SpanOf(literal.error_at, literal.error_length), literal.error, literal.hint);
    }
    Token& token = Add(TokenKind::kString, literal.end);
    token.text = std::move(literal.value);
    token.broken = !literal.closed;
  }

  size_t WordEnd(size_t i) const {
    while (i < text_.size() && IsWordPart(text_[i]))
      ++i;
    return i;
  }
  size_t DigitsEnd(size_t i) const {
    while (i < text_.size() && IsDigit(text_[i]))
      ++i;
    return i;
  }
  char CharAt(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  // 12  0x1F  1.5  1e5  1.0e-3  5min  1.5h, and names that begin with a digit: 7zip
  void AddNumber() {
    size_t digits = DigitsEnd(at_);
    size_t word = WordEnd(digits);
    bool is_member = IsWordStart(CharAt(digits + 1)) && ExponentEnd(digits + 1) == digits + 1;
    if (CharAt(digits) == '.' && CharAt(digits + 1) != '.' && !is_member) {
      AddFraction(DigitsEnd(digits + 1));
      return;
    }
    std::string_view suffix = text_.substr(digits, word - digits);
    if (suffix.empty()) {
      Add(TokenKind::kLong, digits);
    } else if (OneOf(suffix, kTimespanUnits)) {
      Add(TokenKind::kTimespan, word);
    } else if (size_t end = ExponentEnd(digits); end >= word && end > digits) {
      Add(TokenKind::kReal, end);
    } else if (digits == at_ + 1 && text_[at_] == '0' && IsHexSuffix(suffix)) {
      Add(TokenKind::kLong, word);
    } else {
      Add(TokenKind::kWord, word);
    }
  }

  static bool IsHexSuffix(std::string_view suffix) {
    return suffix.size() > 1 && (suffix[0] == 'x' || suffix[0] == 'X') &&
           std::all_of(suffix.begin() + 1, suffix.end(), IsHexDigit);
  }

  // A number with a point, whose digits end at `digits`.
  void AddFraction(size_t digits) {
    size_t word = WordEnd(digits);
    std::string_view suffix = text_.substr(digits, word - digits);
    if (OneOf(suffix, kTimespanUnits)) {
      Add(TokenKind::kTimespan, word);
      return;
    }
    size_t end = ExponentEnd(digits);
    if (word > end) {
      Error(SpanOf(at_, word - at_),
            "expected a number or a timespan, found: " + Excerpt(text_.substr(at_, word - at_)),
            "units are d, h, m, s, ms, microsecond, tick and their long forms");
      Add(TokenKind::kInvalid, word);
      return;
    }
    Add(TokenKind::kReal, end);
  }

  // End of the exponent that begins at i, or i when there is none.
  size_t ExponentEnd(size_t i) const {
    if (CharAt(i) != 'e' && CharAt(i) != 'E')
      return i;
    size_t digits = i + 1;
    if (CharAt(digits) == '+' || CharAt(digits) == '-')
      ++digits;
    size_t end = DigitsEnd(digits);
    return end > digits ? end : i;
  }

  void AddWord() {
    size_t end = WordEnd(at_ + 1);
    std::string_view word = text_.substr(at_, end - at_);
    if (CharAt(end) == '(' && OneOf(word, kLiteralTypes)) {
      AddTyped(end);
    } else if (OneOf(word, kBools)) {
      bool value = word[0] == 't' || word[0] == 'T';
      Add(TokenKind::kBool, end).text = value ? "true" : "false";
    } else {
      Add(TokenKind::kWord, word == "in" && CharAt(end) == '~' ? end + 1 : end);
    }
  }

  // datetime(2024-01-01): the text up to the first ) of the line, whatever it holds.
  void AddTyped(size_t open) {
    size_t close = text_.find_first_of(")\n\r", open);
    if (close == std::string_view::npos || text_[close] != ')') {
      size_t end = std::min(close, text_.size());
      Error(SpanOf(at_, end - at_),
            "expected `)` on the same line, found its end",
            "close the literal with )");
      Add(TokenKind::kInvalid, end).broken = true;
      return;
    }
    std::string_view raw = text_.substr(open + 1, close - open - 1);
    Add(TokenKind::kTyped, close + 1).text = raw;
  }

  // !in  !in~  !has  !contains_cs; what is no such operator is the parser's to refuse.
  void AddNegatedWord() {
    size_t end = WordEnd(at_ + 1);
    if (text_.substr(at_, end - at_) == "!in" && CharAt(end) == '~')
      ++end;
    Add(TokenKind::kWord, end);
  }

  void AddSymbol() {
    std::string_view rest = text_.substr(at_, 2);
    for (const Habit& habit : kHabits) {
      bool is_operator = habit.text == "!" && (rest == "!=" || rest == "!~");
      if (!is_operator && rest.substr(0, habit.text.size()) == habit.text) {
        AddInvalid(habit.text.size(), std::string(habit.hint));
        return;
      }
    }
    for (const Symbol& symbol : kSymbols) {
      if (!symbol.text.empty() && rest.substr(0, symbol.text.size()) == symbol.text) {
        Add(symbol.kind, at_ + symbol.text.size());
        return;
      }
    }
    size_t length = 1;  // of a whole UTF-8 character
    while ((static_cast<unsigned char>(CharAt(at_ + length)) & 0xC0) == 0x80)
      ++length;
    AddInvalid(length, "");
  }

  void AddInvalid(size_t length, std::string hint) {
    Error(SpanOf(at_, length),
          "unexpected characters: " + Excerpt(text_.substr(at_, length)),
          std::move(hint));
    Add(TokenKind::kInvalid, at_ + length);
  }

  static std::string Excerpt(std::string_view text) { return std::string(text.substr(0, 40)); }

  std::string_view text_;
  size_t at_ = 0;
  size_t errors_left_;
  Diagnostics* diagnostics_;
  std::vector<Token> tokens_;
};

bool IsOpen(TokenKind kind) {
  return kind == TokenKind::kOpenParen || kind == TokenKind::kOpenBracket ||
         kind == TokenKind::kOpenBrace;
}

TokenKind OpenerOf(TokenKind close) {
  switch (close) {
    case TokenKind::kCloseParen:
      return TokenKind::kOpenParen;
    case TokenKind::kCloseBracket:
      return TokenKind::kOpenBracket;
    case TokenKind::kCloseBrace:
      return TokenKind::kOpenBrace;
    default:
      return TokenKind::kEnd;
  }
}

// Sets Token::depth. A closing bracket closes the nearest opening one of its kind and what was left
// open inside it; without one it closes nothing. A semicolon outside { } closes all: one forgotten
// parenthesis shall not hide the mistakes of the next statement.
void SetDepths(std::vector<Token>* tokens) {
  std::vector<TokenKind> open;
  std::map<TokenKind, size_t> open_of;  // how many of each kind are in `open`
  auto close_down_to = [&](size_t size) {
    for (; open.size() > size; open.pop_back())
      --open_of[open.back()];
  };
  for (Token& token : *tokens) {
    bool ends = token.kind == TokenKind::kEnd ||
                (token.kind == TokenKind::kSemicolon && open_of[TokenKind::kOpenBrace] == 0);
    if (ends)
      close_down_to(0);
    TokenKind opener = OpenerOf(token.kind);
    if (opener != TokenKind::kEnd && open_of[opener] > 0) {
      while (open.back() != opener)
        close_down_to(open.size() - 1);
      close_down_to(open.size() - 1);
    }
    token.depth = static_cast<uint32_t>(open.size());
    if (IsOpen(token.kind)) {
      open.push_back(token.kind);
      ++open_of[token.kind];
    }
  }
}

}  // namespace

std::vector<Token> Lex(std::string_view text, size_t max_errors, Diagnostics* diagnostics) {
  std::vector<Token> tokens = Lexer(text, max_errors, diagnostics).Run();
  SetDepths(&tokens);
  return tokens;
}

}  // namespace keywatch::kql
