#include "connectors/file/json_extent.h"

#include <gtest/gtest.h>

namespace keywatch::file {
namespace {

size_t ExtentOf(std::string_view text) { return JsonExtent().Feed(text); }

TEST(JsonExtentTest, EndsWithTheLastBracket) {
  EXPECT_EQ(ExtentOf("{}"), 2U);
  EXPECT_EQ(ExtentOf("[1,[2],{\"a\":[]}] x"), 16U);
  EXPECT_EQ(ExtentOf("{\"a\":1}{\"b\":2}"), 7U);
}

TEST(JsonExtentTest, BracketsInStringsDoNotCount) {
  EXPECT_EQ(ExtentOf(R"({"a":"}\"}\\"})"), 14U);
  EXPECT_EQ(ExtentOf(R"({"a":"}\\\"})"), JsonExtent::kOpen);
}

TEST(JsonExtentTest, PiecesGiveWhatTheWholeGives) {
  std::string text = R"({"a":["}\"",{"b":"\\"}],"c":"]"}  )";
  size_t whole = ExtentOf(text);
  for (size_t cut = 0; cut < whole; ++cut) {
    JsonExtent extent;
    ASSERT_EQ(extent.Feed(text.substr(0, cut)), JsonExtent::kOpen) << cut;
    ASSERT_EQ(cut + extent.Feed(text.substr(cut)), whole) << cut;
  }
}

}  // namespace
}  // namespace keywatch::file
