// Where a string literal begins and ends; its values are in lexer_test.cc.
#include "engine/kql/string_literal.h"

#include <gtest/gtest.h>

namespace keywatch::kql {
namespace {

TEST(StringLiteralTest, KnowsItsBeginnings) {
  for (const char* text : {"\"", "'", "@\"", "@'", "h\"", "H'", "h@\"", "```", "~~~", "h```"})
    EXPECT_TRUE(StartsString(text, 0)) << text;
  for (const char* text : {"", "h", "@", "a\"", "hh\"", "``", "~~", "h@", "@h\""})
    EXPECT_FALSE(StartsString(text, 0)) << text;
}

TEST(StringLiteralTest, EndsWhereItsQuoteIs) {
  EXPECT_EQ(ReadString("x'a\\'b'c", 1).end, 7u);
  EXPECT_EQ(ReadString("@'a''b'c", 0).end, 7u);
  EXPECT_EQ(ReadString("```a``b```c", 0).end, 10u);
}

TEST(StringLiteralTest, EndsWithItsLineWhenTheQuoteIsMissing) {
  StringLiteral literal = ReadString("'ab\nc'", 0);
  EXPECT_FALSE(literal.closed);
  EXPECT_EQ(literal.end, 3u);
  EXPECT_EQ(literal.value, "ab");
}

TEST(StringLiteralTest, ReportsTheFirstWrongEscape) {
  StringLiteral literal = ReadString(R"("a\q\z")", 0);
  EXPECT_TRUE(literal.closed);
  EXPECT_EQ(literal.error_at, 2u);
  EXPECT_EQ(literal.end, 7u);
}

}  // namespace
}  // namespace keywatch::kql
