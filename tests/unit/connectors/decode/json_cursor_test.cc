// What the cursor accepts is what the strict parser of the engine accepts.
#include "connectors/decode/json_cursor.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "engine/record/dynamic.h"

namespace keywatch::decode {
namespace {

bool Accepts(const std::string& text) {
  static StructuralIndex index;
  if (index.Build(text) != StructuralIndex::Outcome::kOk)
    return false;
  JsonCursor cursor(text, index);
  return cursor.SkipValue(0) && cursor.AtEnd();
}

TEST(JsonCursor, AcceptsJson) {
  for (const char* text : {"0",
                           "-0",
                           "1.5",
                           "1e5",
                           "-1.25E-7",
                           "true",
                           "false",
                           "null",
                           R"("")",
                           R"("a")",
                           "[]",
                           "{}",
                           "[1,2,[3,{}]]",
                           R"({"a":1,"b":[true,null],"c":{"d":"e"}})",
                           " [ 1 , 2 ] ",
                           R"("\u00e4\n\"\\\/")",
                           "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"",
                           R"({"a":{},"b":[],"c":"}"})"}) {
    EXPECT_TRUE(Accepts(text)) << text;
    EXPECT_TRUE(record::ParseJson(text).has_value()) << text;
  }
}

TEST(JsonCursor, RefusesWhatIsNoJson) {
  for (const char* text : {"",
                           "tru",
                           "truex",
                           "nul",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1e",
                           "-",
                           "--1",
                           "1 2",
                           "[1 2]",
                           "[1,]",
                           "[,1]",
                           "[1",
                           "]",
                           "{",
                           "{]",
                           "[}",
                           R"({"a"})",
                           R"({"a":})",
                           R"({"a":1,})",
                           R"({1:2})",
                           R"({"a" 1})",
                           R"({"a":1 "b":2})",
                           R"("a)",
                           R"("\x")",
                           R"("\u12")",
                           R"("\u12g4")",
                           R"("a"b)",
                           R"(a"b")",
                           R"(12"a")",
                           R"(true"a")",
                           "\"\n\"",
                           "\"\x01\"",
                           "\x01",
                           "[\f1]",
                           "{\"a\":1}\x1A",
                           "\"\xFF\"",
                           "'a'",
                           "NaN",
                           "Infinity",
                           R"(\"a\")",
                           R"({"a":"b"c})",
                           "[1,2]]",
                           "{}{}"}) {
    EXPECT_FALSE(Accepts(text)) << text;
  }
}

TEST(JsonCursor, AgreesWithTheStrictParserOnMutants) {
  const std::string seeds[] = {
      R"({"time":"2026-03-01T10:00:00Z","a":[1,2.5,-3e4,true,false,null],"b":{"c":"d\n\u00e9\\"},"e":""})",
      R"([{"records":[{"x":{"y":{"z":[[],[{}],""]}}}]},"\"",-0.0,10])",
      "{ \"a\" : [ 1 , 2 ] ,\r\n\t\"b\" : \"\xC3\xA4\" }"};
  const std::string alphabet = "{}[]:,\"\\ \n\t0123456789.eE+-truefalsnu/\x01\x0C\x1A\xC3\xA4x";
  std::mt19937 random(3);
  size_t accepted = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text = seeds[random() % std::size(seeds)];
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      char c = alphabet[random() % alphabet.size()];
      size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        case 2:
          text.erase(at, 1 + random() % 3);
          break;
        default:
          std::swap(text[at], text[random() % text.size()]);
      }
      if (text.empty())
        text = "1";
    }
    bool strict = record::ParseJson(text).has_value();
    bool ours = Accepts(text);
    accepted += ours ? 1 : 0;
    ASSERT_TRUE(strict || !ours) << text;
    // The strict parser leaves UTF-8 alone; everything else must agree.
    bool ascii = text.find_first_of("\xC3\xA4") == std::string::npos;
    ASSERT_TRUE(ours || !strict || !ascii) << text;
  }
  EXPECT_GT(accepted, 1000U);
}

TEST(JsonCursor, HoldsTheSameDepthAsTheStrictParser) {
  for (size_t depth : {1U, 62U, 63U, 64U, 65U, 66U}) {
    std::string text = std::string(depth, '[') + "1" + std::string(depth, ']');
    EXPECT_EQ(Accepts(text), depth <= kMaxDepth) << depth;
    EXPECT_TRUE(record::ParseJson(text).has_value() || !Accepts(text)) << depth;
  }
}

TEST(JsonCursor, NumbersAndEscapes) {
  EXPECT_TRUE(IsJsonNumber("-12.5e+3"));
  EXPECT_FALSE(IsJsonNumber("1e+"));
  EXPECT_FALSE(IsJsonNumber(""));
  EXPECT_TRUE(HasValidEscapes(R"(a\\\"\u00Ff)"));
  EXPECT_FALSE(HasValidEscapes("a\\"));
  EXPECT_FALSE(HasValidEscapes(R"(\u00f)"));
}

}  // namespace
}  // namespace keywatch::decode
