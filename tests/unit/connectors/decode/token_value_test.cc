#include "connectors/decode/token_value.h"

#include <limits>

#include <gtest/gtest.h>

namespace keywatch::decode {
namespace {

using record::Type;

Token TokenOf(std::string_view json) {
  Token token;
  token.begin = json.data();
  token.end = json.data() + json.size();
  switch (json[0]) {
    case '"':
      token.kind = TokenKind::kString;
      break;
    case '{':
    case '[':
      token.kind = TokenKind::kContainer;
      break;
    case 't':
    case 'f':
      token.kind = TokenKind::kBool;
      break;
    default:
      token.kind = TokenKind::kNumber;
  }
  token.escaped = token.kind == TokenKind::kString && json.find('\\') != std::string_view::npos;
  return token;
}

struct Read {
  ValueOutcome outcome = ValueOutcome::kMismatch;
  Cell cell;
};
Read ReadAs(Type type, std::string_view json) {
  Read read;
  std::string scratch;
  read.outcome = ReadNumeric(TokenOf(json), type, &scratch, &read.cell);
  return read;
}

TEST(TokenValue, Integers) {
  auto value = [](std::string_view json) {
    Read read = ReadAs(Type::kLong, json);
    EXPECT_EQ(read.outcome, ValueOutcome::kValue) << json;
    EXPECT_FALSE(read.cell.null) << json;
    return read.cell.integer;
  };
  EXPECT_EQ(value("0"), 0);
  EXPECT_EQ(value("-0"), 0);
  EXPECT_EQ(value("999999999999999"), 999'999'999'999'999);
  EXPECT_EQ(value("9999999999999999"), 9'999'999'999'999'999);
  EXPECT_EQ(value("9223372036854775807"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(value("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(value("1e3"), 1000);
  EXPECT_EQ(value("\"\\u0037\""), 7);
  for (const char* json : {"9223372036854775808",
                           "-9223372036854775809",
                           "1e19",
                           "-1e300",
                           "1e400",
                           "\"99999999999999999999\""}) {
    EXPECT_EQ(ReadAs(Type::kLong, json).outcome, ValueOutcome::kOutOfRange) << json;
    EXPECT_TRUE(ReadAs(Type::kLong, json).cell.null) << json;
  }
  for (const char* json :
       {"1.5", "\"x\"", "\"1x\"", "\"0x1\"", "\"+1\"", "\"01\"", "true", "[1]", "\"1 2\""}) {
    EXPECT_EQ(ReadAs(Type::kLong, json).outcome, ValueOutcome::kMismatch) << json;
  }
  EXPECT_EQ(ReadAs(Type::kInt, "2147483647").outcome, ValueOutcome::kValue);
  EXPECT_EQ(ReadAs(Type::kInt, "2147483648").outcome, ValueOutcome::kOutOfRange);
  EXPECT_EQ(ReadAs(Type::kInt, "-2147483649").outcome, ValueOutcome::kOutOfRange);
}

TEST(TokenValue, Reals) {
  EXPECT_EQ(ReadAs(Type::kReal, "403").cell.real, 403.0);
  EXPECT_EQ(ReadAs(Type::kReal, "\" 0.25 \"").cell.real, 0.25);
  EXPECT_EQ(ReadAs(Type::kReal, "-1.5e-3").cell.real, -0.0015);
  EXPECT_EQ(ReadAs(Type::kReal, "1e999").outcome, ValueOutcome::kOutOfRange);
  EXPECT_EQ(ReadAs(Type::kReal, "\"inf\"").outcome, ValueOutcome::kMismatch);
  EXPECT_EQ(ReadAs(Type::kReal, "\"nan\"").outcome, ValueOutcome::kMismatch);
  EXPECT_TRUE(ReadAs(Type::kReal, "\"\"").cell.null);
}

TEST(TokenValue, Texts) {
  std::string scratch;
  EXPECT_EQ(TextOf(TokenOf("\"a\""), &scratch), "a");
  EXPECT_EQ(TextOf(TokenOf("\"\""), &scratch), "");
  EXPECT_EQ(TextOf(TokenOf("\"a\\n\""), &scratch), "a\n");
  EXPECT_EQ(TextOf(TokenOf("12.50"), &scratch), "12.50");
  EXPECT_EQ(TextOf(TokenOf("[1, 2]"), &scratch), "[1, 2]");
}

TEST(TokenValue, DynamicText) {
  std::string scratch;
  EXPECT_EQ(DynamicOf(TokenOf("[1]"), &scratch), "[1]");
  EXPECT_EQ(DynamicOf(TokenOf("\"text\""), &scratch), "\"text\"");
  EXPECT_EQ(DynamicOf(TokenOf("\"{\\\"a\\\":1}\""), &scratch), "{\"a\":1}");
  EXPECT_EQ(DynamicOf(TokenOf("\"[1]\""), &scratch), "[1]");
  EXPECT_EQ(DynamicOf(TokenOf("\"[1\""), &scratch), "\"[1\"");
  EXPECT_EQ(DynamicOf(TokenOf("\"7\""), &scratch), "\"7\"")
      << "a number in a string stays a string";
}

TEST(TokenValue, Guids) {
  std::string guid;
  EXPECT_EQ(ReadGuid("AAAAAAAA-0000-1111-2222-BBBBBBBBBBBB", &guid), ValueOutcome::kValue);
  EXPECT_EQ(guid, "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb");
  for (const char* text : {"",
                           "AAAAAAAA-0000-1111-2222-BBBBBBBBBBB",
                           "AAAAAAAA00001111-2222-BBBBBBBBBBBB--",
                           "GAAAAAAA-0000-1111-2222-BBBBBBBBBBBB",
                           "{AAAAAAAA-0000-1111-2222-BBBBBBBBBBBB"}) {
    EXPECT_EQ(ReadGuid(text, &guid), ValueOutcome::kMismatch) << text;
    EXPECT_EQ(guid, "");
  }
}

}  // namespace
}  // namespace keywatch::decode
