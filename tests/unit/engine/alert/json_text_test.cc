#include "engine/alert/json_text.h"

#include <gtest/gtest.h>

#include "engine/record/dynamic.h"
#include "engine/record/time.h"

namespace keywatch::alert {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendText(text, &out);
  return out;
}

// Every kind of character at every place within and beyond a word of eight bytes.
TEST(JsonTextTest, AppendTextAgreesWithTheRecordWriter) {
  for (std::string special :
       {"\"", "\\", "\n", "\x01", "\x7f", "\xc3\xa9", "\xff", "\xed\xa0\x80", "\xf0\x9f\x94\x91"}) {
    for (size_t before = 0; before < 18; ++before) {
      std::string text = std::string(before, 'a') + special + std::string(17 - before, 'b');
      std::string expected;
      record::AppendJsonString(text, &expected);
      EXPECT_EQ(Quoted(text), expected) << before;
    }
  }
  EXPECT_EQ(Quoted(""), "\"\"");
}

TEST(JsonTextTest, AppendTimeAgreesWithFormatDatetime) {
  for (record::Ticks ticks : {record::Ticks{0},
                              record::kMaxDatetime,
                              record::kUnixEpoch + 1234567,
                              record::kUnixEpoch + 20000 * record::kTicksPerDay - 1}) {
    std::string out;
    AppendTime(ticks, &out);
    EXPECT_EQ(out, "\"" + record::FormatDatetime(ticks) + "\"");
  }
}

TEST(JsonTextTest, PlainJson) {
  for (const char* text : {"{}",
                           "[]",
                           "null",
                           "true",
                           "0",
                           "-1.5e10",
                           R"("x")",
                           R"( {"a" : [1, {"b":""}] } )",
                           R"({"a":"é🔑A🔑\n"})",
                           "123456789012345678",
                           "[1,\n2]",
                           R"("caf\u00e9 \ud83d\udd11")"}) {
    EXPECT_TRUE(IsPlainJson(text)) << text;
  }
}

// Each of these is refused by some JSON reader: it must not reach one unquoted.
TEST(JsonTextTest, NotPlainJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "{]",
                           "[1,]",
                           R"({"a"})",
                           R"({"a":1,})",
                           R"({a:1})",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1e",
                           "tru",
                           "nullx",
                           "{} {}",
                           R"("a)",
                           R"("\x")",
                           "\"\n\"",
                           "\"\xff\"",
                           R"("\ud800")",
                           R"("\udc00\ud800")",
                           R"("\ud800A")",
                           "1e999",
                           "1e100",
                           "1234567890123456789",
                           "NaN",
                           R"("\u12")",
                           "\"\\"}) {
    EXPECT_FALSE(IsPlainJson(text)) << text;
  }
  EXPECT_FALSE(IsPlainJson(std::string_view("\"a\0\"", 4)));
  EXPECT_FALSE(IsPlainJson(std::string_view("{}\0", 3)));
  std::string deep = std::string(64, '[') + std::string(64, ']');
  EXPECT_TRUE(IsPlainJson(deep));
  EXPECT_FALSE(IsPlainJson("[" + deep + "]"));
}

// A cut prefix of valid JSON is never taken for JSON, nor read beyond its end.
TEST(JsonTextTest, PrefixesAreNotJson) {
  std::string text = R"({"a":"é\u00e9\ud83d\udd11","b":[1.5e10,true,null,false],"c":{"d":""}})";
  EXPECT_TRUE(IsPlainJson(text));
  for (size_t size = 0; size < text.size(); ++size) {
    std::string exact(text.data(), size);
    EXPECT_FALSE(IsPlainJson(exact)) << exact;
  }
}

TEST(JsonTextTest, CutUtf8SplitsNoCharacter) {
  std::string text = "aé🔑b";
  EXPECT_EQ(CutUtf8(text, 100), text);
  EXPECT_EQ(CutUtf8(text, 7), "aé🔑");
  for (size_t limit = 3; limit < 7; ++limit)
    EXPECT_EQ(CutUtf8(text, limit), "aé");
  EXPECT_EQ(CutUtf8(text, 2), "a");
  EXPECT_EQ(CutUtf8(text, 0), "");
}

TEST(JsonTextTest, Utf8) {
  EXPECT_TRUE(IsUtf8("aé🔑"));
  EXPECT_FALSE(IsUtf8("a\xc3"));
  EXPECT_FALSE(IsUtf8("\xed\xa0\x80"));
}

}  // namespace
}  // namespace keywatch::alert
