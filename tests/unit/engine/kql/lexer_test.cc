// Token by token: what is one token, what is two, and what is none.
#include "engine/kql/lexer.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace keywatch::kql {
namespace {

constexpr size_t kManyErrors = 100;

std::string_view KindName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEnd:
      return "end";
    case TokenKind::kInvalid:
      return "invalid";
    case TokenKind::kWord:
      return "word";
    case TokenKind::kLong:
      return "long";
    case TokenKind::kReal:
      return "real";
    case TokenKind::kTimespan:
      return "timespan";
    case TokenKind::kBool:
      return "bool";
    case TokenKind::kString:
      return "string";
    case TokenKind::kTyped:
      return "typed";
    default:
      return "symbol";
  }
}

// "word:a symbol:== long:1"
std::string Tokens(std::string_view text) {
  Diagnostics diagnostics;
  std::string out;
  for (const Token& token : Lex(text, kManyErrors, &diagnostics)) {
    if (token.kind == TokenKind::kEnd)
      break;
    if (!out.empty())
      out += ' ';
    out += std::string(KindName(token.kind)) + ":" + token.text;
  }
  return out;
}

std::string Errors(std::string_view text) {
  Diagnostics diagnostics;
  Lex(text, kManyErrors, &diagnostics);
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (!out.empty())
      out += "; ";
    out += std::to_string(diagnostic.span.offset) + "+" + std::to_string(diagnostic.span.length) +
           " " + diagnostic.message;
  }
  return out;
}

struct Case {
  std::string_view text;
  std::string_view expected;
};

void CheckAll(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(Tokens(c.text), c.expected) << c.text;
    EXPECT_EQ(Errors(c.text), "") << c.text;
  }
}

TEST(LexerTest, CutsNumbersTimespansAndNamesThatBeginWithDigits) {
  CheckAll({
      {"0 12 0x1F 0XaB", "long:0 long:12 long:0x1F long:0XaB"},
      {"1.5 1. 1e5 1E+5 1.0e-3 1.e5", "real:1.5 real:1. real:1e5 real:1E+5 real:1.0e-3 real:1.e5"},
      {"1d 1.5h 30m 5min 10s 100ms 2hours 1tick 10microsecond",
       "timespan:1d timespan:1.5h timespan:30m timespan:5min timespan:10s timespan:100ms "
       "timespan:2hours timespan:1tick timespan:10microsecond"},
      {"7zip 1dx 0xZ 0x 1D 1e 1_000",
       "word:7zip word:1dx word:0xZ word:0x word:1D word:1e word:1_000"},
      {"1..5", "long:1 symbol:.. long:5"},
      {"1.5..2.5", "real:1.5 symbol:.. real:2.5"},
      {"1h..2h", "timespan:1h symbol:.. timespan:2h"},
      {"1 .. 2", "long:1 symbol:.. long:2"},
      {"-1", "symbol:- long:1"},
      {"5 min", "long:5 word:min"},
  });
}

TEST(LexerTest, ReadsEveryFormOfString) {
  CheckAll({
      {R"("a" 'b')", "string:a string:b"},
      {R"("it's" 'say "x"')", "string:it's string:say \"x\""},
      {R"("a\\b\"c\'d")", "string:a\\b\"c'd"},
      {R"("\t\n\r")", "string:\t\n\r"},
      {R"("\x41\u00e9\101\U0001F600")", "string:A\u00e9A\U0001F600"},
      {R"("\uD83D\uDE00" "\uD83D")", "string:\U0001F600 string:\uFFFD"},
      {R"(@"c:\x" @'it''s')", "string:c:\\x string:it's"},
      {R"(h"a" H'b' h@"c\")", "string:a string:b string:c\\"},
      {"```a\n\"b\\``` ~~~c~~~ h```d```", "string:a\n\"b\\ string:c string:d"},
      {"\"\u00e9//x\"", "string:\u00e9//x"},
      {R"("")", "string:"},
      {"h x", "word:h word:x"},
  });
}

TEST(LexerTest, TakesTypedLiteralsWholeOnlyDirectlyBeforeAParenthesis) {
  CheckAll({
      {"datetime(2024-01-01 10:00)", "typed:2024-01-01 10:00"},
      {"long(null) guid(a-b) time(1.02:03)", "typed:null typed:a-b typed:1.02:03"},
      {"datetime (x)", "word:datetime symbol:( word:x symbol:)"},
      {"dynamic(x)", "word:dynamic symbol:( word:x symbol:)"},
      {"todatetime(x)", "word:todatetime symbol:( word:x symbol:)"},
  });
}

TEST(LexerTest, KnowsNegatedAndCaseInsensitiveWords) {
  CheckAll({
      {"a !in (b)", "word:a word:!in symbol:( word:b symbol:)"},
      {"in~ !in~ !has_cs", "word:in~ word:!in~ word:!has_cs"},
      {"a!~b", "word:a symbol:!~ word:b"},
      {"a!=b =~ == <= >= <>",
       "word:a symbol:!= word:b symbol:=~ symbol:== symbol:<= symbol:>= "
       "symbol:<>"},
      {"true True TRUE false tRUE", "bool:true bool:true bool:true bool:false word:tRUE"},
      {"$left.a _b a1", "word:$left symbol:. word:a word:_b word:a1"},
  });
}

TEST(LexerTest, LeavesOutBlanksAndComments) {
  CheckAll({
      {"\xEF\xBB\xBFT // x | y\r\n\t| z", "word:T symbol:| word:z"},
      {"a\xC2\xA0| b", "word:a symbol:| word:b"},
      {"//", ""},
      {"a//b", "word:a"},
      {"a / b", "word:a symbol:/ word:b"},
      {"", ""},
  });
}

TEST(LexerTest, ReportsWhatIsNoToken) {
  const std::vector<Case> cases = {
      {"a && b", "2+2 unexpected characters: &&"},
      {"a || b", "2+2 unexpected characters: ||"},
      {"/* x", "0+2 unexpected characters: /*"},
      {"\u00e9", "0+2 unexpected characters: \u00e9"},
      {"1.5hx", "0+5 expected a number or a timespan, found: 1.5hx"},
      {R"("a\q")", "2+2 there is no such escape in a string"},
      {R"("\U00")", "1+2 there is no such escape in a string"},
      {"\"ab\nc", "0+3 expected the end of the string, found the end of the line"},
      {"'ab", "0+3 expected the end of the string, found the end of the line"},
      {"```ab\n", "0+6 expected the end of the string, found the end of the text"},
      {"long(1\n)", "0+6 expected `)` on the same line, found its end"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Errors(c.text), c.expected) << c.text;
  }
}

TEST(LexerTest, GoesOnAfterABrokenStringOnTheNextLine) {
  EXPECT_EQ(Tokens("\"ab | c\n| d"), "string:ab | c symbol:| word:d");
}

TEST(LexerTest, ReportsAtMostSoManyErrors) {
  Diagnostics diagnostics;
  std::vector<Token> tokens = Lex(std::string(1000, '?'), 3, &diagnostics);
  EXPECT_EQ(diagnostics.all().size(), 3u);
  EXPECT_EQ(tokens.size(), 1001u);
}

std::string Depths(std::string_view text) {
  Diagnostics diagnostics;
  std::string out;
  for (const Token& token : Lex(text, kManyErrors, &diagnostics))
    out += std::to_string(token.depth);
  return out;
}

TEST(LexerTest, CountsOpenBrackets) {
  EXPECT_EQ(Depths("a(b[c]d)e"), "0011211000");
  EXPECT_EQ(Depths("(a ] b)"), "011100");     // ] closes nothing
  EXPECT_EQ(Depths("([a) b"), "012000");      // ) closes [ too
  EXPECT_EQ(Depths("(a ; b"), "01000");       // a statement ends, whatever is open
  EXPECT_EQ(Depths("{a ; b} c"), "0111000");  // but not inside { }
}

TEST(LexerTest, SpansCoverWhatIsWritten) {
  Diagnostics diagnostics;
  std::string text = "ab  @\"c\" 1.5h";
  std::vector<Token> tokens = Lex(text, kManyErrors, &diagnostics);
  ASSERT_EQ(tokens.size(), 4u);
  EXPECT_EQ(tokens[0].span, (SourceSpan{0, 2}));
  EXPECT_EQ(tokens[1].span, (SourceSpan{4, 4}));
  EXPECT_EQ(tokens[2].span, (SourceSpan{9, 4}));
  EXPECT_EQ(tokens[3].span, (SourceSpan{13, 0}));
}

}  // namespace
}  // namespace keywatch::kql
