#include "engine/record/json_string.h"

#include <gtest/gtest.h>

namespace keywatch::record {
namespace {

std::string Of(std::string_view inside) {
  std::string out;
  return UnescapeJson(inside, &out) ? out : "refused";
}

TEST(JsonString, ResolvesEscapes) {
  EXPECT_EQ(Of(R"(Key\u0052elease)"), "KeyRelease");
  EXPECT_EQ(Of(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(Of(R"(\u00e4\u20AC)"), "\xC3\xA4\xE2\x82\xAC");
  EXPECT_EQ(Of(R"(\ud83d\ude00)"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(Of(R"(\udbff\udfff)"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(Of(R"(a\u0000b)"), std::string("a\0b", 3));
  EXPECT_EQ(Of(""), "");
}

TEST(JsonString, ALoneSurrogateIsTheReplacementCharacter) {
  EXPECT_EQ(Of(R"(\ud83d)"), "\xEF\xBF\xBD");
  EXPECT_EQ(Of(R"(\ude00x)"), "\xEF\xBF\xBDx");
  EXPECT_EQ(Of(R"(\ud83d\n)"), "\xEF\xBF\xBD\n");
  EXPECT_EQ(Of(R"(\ud83dA)"),
            "\xEF\xBF\xBD"
            "A");
  EXPECT_EQ(Of(R"(\ud83d\ud83d\ude00)"), "\xEF\xBF\xBD\xF0\x9F\x98\x80");
}

TEST(JsonString, RefusesMalformedEscapes) {
  for (const char* inside : {"\\",
                             "\\x",
                             "\\u",
                             "\\u12",
                             "\\u12g4",
                             "\\U0041",
                             "\\ud83d\\u12",
                             "\\0",
                             "\\u+123",
                             "\\u 123",
                             "\\u-123"}) {
    EXPECT_EQ(Of(inside), "refused") << inside;
  }
}

}  // namespace
}  // namespace keywatch::record
