#include "app/page/json_slices.h"

#include <gtest/gtest.h>

namespace keywatch::app::page {
namespace {

TEST(JsonSlices, MembersAsTheyAreWritten) {
  auto members = JsonMembers(R"( {"a": 1.50 , "b":"x,}\"y", "c":{"d":[1,2]}, "e":[]} )");
  ASSERT_EQ(members.size(), 4U);
  EXPECT_EQ(members[0].name, "a");
  EXPECT_EQ(members[0].value, "1.50") << "no digit is lost";
  EXPECT_EQ(JsonText(members[1].value), "x,}\"y");
  EXPECT_EQ(members[2].value, R"({"d":[1,2]})");
  EXPECT_EQ(JsonValue(members, "e"), "[]");
  EXPECT_EQ(JsonValue(members, "f"), "");
}

TEST(JsonSlices, Elements) {
  EXPECT_TRUE(JsonElements("[]").empty());
  EXPECT_TRUE(JsonElements("{}").empty());
  auto elements = JsonElements(R"(["a", {"b":[1,2]}, 3])");
  ASSERT_EQ(elements.size(), 3U);
  EXPECT_EQ(elements[1], R"({"b":[1,2]})");
}

TEST(JsonSlices, EscapesAreResolved) {
  EXPECT_EQ(JsonText(R"("\u0041\n\"")"), "A\n\"");
  EXPECT_EQ(JsonText("12"), "12");
  EXPECT_EQ(JsonText("\""), "\"");
}

TEST(JsonSlices, WhatIsNoJsonEndsNowhereBeyondIt) {
  for (const char* text :
       {"", "{", "{\"", "{\"a\"", "{\"a\":", "{\"a\\\"}", "{]}", "[,]", "{\"a\":\"\\}"}) {
    JsonMembers(text);
    JsonElements(text);
    IndentJson(text);
  }
  EXPECT_TRUE(JsonMembers("{no json}").empty());
}

TEST(JsonSlices, IndentsAndKeepsEveryToken) {
  EXPECT_EQ(IndentJson(R"({"a":[1,{"b":"x: y, {"}],"c":{},"d":[ ]})"),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x: y, {\"\n    }\n  ],\n  \"c\": {},\n"
            "  \"d\": []\n}");
}

TEST(JsonSlices, DepthCostsNoStackAndLittleRoom) {
  std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(JsonElements(deep).size(), 1U);
  EXPECT_LE(IndentJson(deep, 10'000).size(), 10'100U);
}

}  // namespace
}  // namespace keywatch::app::page
