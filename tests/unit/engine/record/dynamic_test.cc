#include "engine/record/dynamic.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace keywatch::record {
namespace {

std::string Again(std::string_view text) {
  std::optional<Dynamic> value = ParseJson(text);
  return value ? ToJson(*value) : "refused";
}

TEST(Dynamic, ReadsAndWritesJson) {
  EXPECT_EQ(Again(R"( { "a" : [ 1 , -2.5 , true , null ] , "b" : { } } )"),
            R"({"a":[1,-2.5,true,null],"b":{}})");
  EXPECT_EQ(Again(R"("a\u0062\n\"")"), R"("ab\n\"")");
  EXPECT_EQ(Again("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(Again("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Again("1.0"), "1.0");
  EXPECT_EQ(Again("0.1"), "0.1");
  EXPECT_EQ(Again(R"({"b":1,"a":2})"), R"({"b":1,"a":2})") << "in the order written";
}

TEST(Dynamic, RefusesWhatIsNoJson) {
  for (const char* text :
       {"",    " ",   "tru", "truex",  "[1,]",      "{\"a\"}", "{\"a\":1,}", "01",  "1.",
        ".1",  "1e",  "+1",  "\"a",    "\"\\x\"",   "\"\n\"",  "[1 2]",      "nul", "{a:1}",
        "'a'", "1 1", "-",   "\"\\\"", "\"\\u12\"", "[",       "{",          "[}",  "NaN"}) {
    EXPECT_EQ(Again(text), "refused") << text;
  }
  EXPECT_EQ(Again(std::string("1\0", 2)), "refused");
}

TEST(Dynamic, DepthIsBounded) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(ParseJson(nested(64)).has_value());
  EXPECT_FALSE(ParseJson(nested(66)).has_value());
  EXPECT_FALSE(ParseJson(std::string(1'000'000, '[')).has_value());
  EXPECT_FALSE(ParseJson(std::string(1'000'000, '{')).has_value());
}

TEST(Dynamic, NumbersBeyond64BitsAreReal) {
  std::optional<Dynamic> big = ParseJson("9223372036854775808");
  ASSERT_TRUE(big && std::holds_alternative<double>(big->held));
  EXPECT_EQ(std::get<double>(big->held), 9223372036854775808.0);
  EXPECT_TRUE(std::isinf(std::get<double>(ParseJson("1e999")->held)));
  EXPECT_TRUE(std::isinf(std::get<double>(ParseJson("-1e999")->held)));
  EXPECT_EQ(std::get<double>(ParseJson("1e-999")->held), 0.0) << "too small is zero, not infinite";
  EXPECT_EQ(std::get<double>(ParseJson("-1e-999")->held), 0.0);
}

TEST(Dynamic, FindsMembersAndElements) {
  Dynamic value = *ParseJson(R"({"a":1,"A":2,"a":3,"l":[1,2,3]})");
  EXPECT_EQ(std::get<int64_t>(value.Find("a")->held), 3) << "the last one counts";
  EXPECT_EQ(std::get<int64_t>(value.Find("A")->held), 2);
  EXPECT_EQ(value.Find("b"), nullptr);
  const Dynamic* list = value.Find("l");
  EXPECT_EQ(std::get<int64_t>(list->At(-1)->held), 3);
  EXPECT_EQ(std::get<int64_t>(list->At(0)->held), 1);
  EXPECT_EQ(list->At(3), nullptr);
  EXPECT_EQ(list->At(-4), nullptr);
  EXPECT_EQ(list->At(std::numeric_limits<int64_t>::min()), nullptr);
  EXPECT_EQ(value.At(0), nullptr);
  EXPECT_EQ(list->Find("a"), nullptr);
}

TEST(Dynamic, EqualityIsByValue) {
  auto equal = [](const char* a, const char* b) {
    bool forth = Equal(*ParseJson(a), *ParseJson(b));
    EXPECT_EQ(forth, Equal(*ParseJson(b), *ParseJson(a))) << a << " " << b << ": not symmetric";
    return forth;
  };
  EXPECT_TRUE(equal("1", "1.0"));
  EXPECT_FALSE(equal("1", "1.5"));
  EXPECT_FALSE(equal("1", "\"1\""));
  EXPECT_FALSE(equal("9007199254740993", "9007199254740992.0")) << "compared exactly";
  EXPECT_TRUE(equal(R"({"a":1,"b":[2]})", R"({"b":[2.0],"a":1})"));
  EXPECT_FALSE(equal(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(equal("[1,2]", "[2,1]"));
  EXPECT_TRUE(equal(R"({"a":1,"a":2})", R"({"a":1,"a":2})")) << "equal to itself";
  EXPECT_TRUE(equal(R"({"a":1,"a":2})", R"({"a":2})")) << "the last of duplicates counts";
  EXPECT_FALSE(equal(R"({"a":1,"a":1})", R"({"a":1,"b":2})"));
  EXPECT_TRUE(equal("null", "null"));
}

TEST(Dynamic, StringsAreWrittenAsValidUtf8) {
  auto write = [](std::string_view text) {
    std::string out;
    AppendJsonString(text, &out);
    return out;
  };
  EXPECT_EQ(write("a\xFF"
                  "b"),
            "\"a\xEF\xBF\xBD"
            "b\"");
  EXPECT_EQ(write("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(write("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(write("\xF0\x9F\x98\x80"), "\"\xF0\x9F\x98\x80\"");
  EXPECT_EQ(write("\xF0\x9F\x98"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(write(std::string("\x01\x1F\0", 3)), "\"\\u0001\\u001f\\u0000\"");
}

TEST(Dynamic, RealsReadBackTheSame) {
  for (double value : {0.0, -0.0, 1.0, 0.1, 1e22, 1.5e300, 5e-324, 123456789.125, -2.0 / 3.0}) {
    std::optional<Dynamic> again = ParseJson(FormatReal(value));
    ASSERT_TRUE(again && std::holds_alternative<double>(again->held)) << FormatReal(value);
    EXPECT_EQ(std::get<double>(again->held), value);
  }
}

}  // namespace
}  // namespace keywatch::record
