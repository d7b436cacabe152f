#include "connectors/decode/record_walker.h"

#include <string>

#include <gtest/gtest.h>

namespace keywatch::decode {
namespace {

class WalkTest : public testing::Test {
 protected:
  WalkTest()
      : name_(plan_.AddSlot("name")),
        deep_(plan_.AddSlot("a_b_c")),
        object_(plan_.AddSlot("a_b")),
        walker_(&plan_) {}

  bool Walk(const std::string& text) {
    text_ = text;
    EXPECT_EQ(index_.Build(text_), StructuralIndex::Outcome::kOk);
    JsonCursor cursor(text_, index_);
    return walker_.Walk(cursor) && cursor.AtEnd();
  }
  [[nodiscard]] std::string Found(int slot) const {
    const Token* token = walker_.Find(slot);
    return token == nullptr ? "none" : std::string(token->text());
  }

  FieldPlan plan_;
  int name_;
  int deep_;
  int object_;
  RecordWalker walker_;
  StructuralIndex index_;
  std::string text_;
};

TEST_F(WalkTest, FindsWhatIsWantedOnFirstAndOnLaterSight) {
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(Walk(R"({"x":[1,{"name":2}],"name":"n","a":{"b":{"c":7,"d":"e"}}})"));
    EXPECT_EQ(Found(name_), "\"n\"");
    EXPECT_EQ(Found(deep_), "7");
    EXPECT_EQ(Found(object_), R"({"c":7,"d":"e"})");
    ASSERT_TRUE(Walk(R"({"a":{"b":"s"},"name":null})"));
    EXPECT_EQ(Found(name_), "none");
    EXPECT_EQ(Found(deep_), "none");
    EXPECT_EQ(Found(object_), "\"s\"");
    ASSERT_TRUE(Walk("{}"));
    EXPECT_EQ(Found(object_), "none") << "nothing stays from the record before";
  }
}

TEST_F(WalkTest, NamesAreComparedToTheirEnd) {
  ASSERT_TRUE(Walk(R"({"name":1})"));
  for (const char* other :
       {R"({"nam":2})", R"({"names":2})", R"({"name ":2})", R"({"name\"":2})", R"({"nane":2})"}) {
    ASSERT_TRUE(Walk(other));
    EXPECT_EQ(Found(name_), "none") << other;
  }
  ASSERT_TRUE(Walk(R"({"NAME":3})"));
  EXPECT_EQ(Found(name_), "3");
  ASSERT_TRUE(Walk(R"({"n\u0061me":4})"));
  EXPECT_EQ(Found(name_), "4");
}

TEST_F(WalkTest, LongNamesThatDifferInOneByteAreTwoNames) {
  std::string base = "a_name_of_some_length_that_is_compared_by_words";
  FieldPlan plan;
  int slot = plan.AddSlot(base);
  RecordWalker walker(&plan);
  StructuralIndex index;
  for (size_t i = 0; i <= base.size(); ++i) {
    std::string name = base;
    if (i < base.size())
      name[i] = name[i] == '_' ? 'q' : 'Q';
    for (const std::string& key : {base, name}) {
      std::string text = "{\"" + key + "\":\"v\"}";
      ASSERT_EQ(index.Build(text), StructuralIndex::Outcome::kOk);
      JsonCursor cursor(text, index);
      ASSERT_TRUE(walker.Walk(cursor));
      EXPECT_EQ(walker.Find(slot) != nullptr, key == base) << key;
    }
  }
}

TEST_F(WalkTest, ADamagedObjectIsRefusedAfterTheNamesAreKnown) {
  std::string good = R"({"name":"n","x":"y","z":1})";
  ASSERT_TRUE(Walk(good));
  ASSERT_TRUE(Walk(good));
  for (const char* bad : {R"({"name":"n""x":"y"})",
                          R"({"name" "n","x":"y"})",
                          R"({"name":"n","x":"\q"})",
                          R"({"name":"n":"x"})",
                          R"({"name":"n","x":"y",})",
                          R"({"name":"n","x":"y"]})",
                          R"({"name":"n"x,"x":"y"})",
                          R"({"name"x:"n","x":"y"})",
                          R"({"name":"n","x":"y")",
                          R"({"name":"n",,"x":"y"})",
                          R"({"name":,"x":"y"})",
                          R"({name:"n"})"}) {
    EXPECT_FALSE(Walk(bad)) << bad;
  }
}

TEST_F(WalkTest, TellsDuplicatesAndEnvelopes) {
  ASSERT_TRUE(Walk(R"({"name":1,"Name":2})"));
  EXPECT_TRUE(walker_.saw_duplicate());
  EXPECT_EQ(Found(name_), "2");
  ASSERT_TRUE(Walk(R"({"name":"1","name":"2"})"));
  EXPECT_TRUE(walker_.saw_duplicate());
  ASSERT_TRUE(Walk(R"({"x":1,"x":2})"));
  EXPECT_FALSE(walker_.saw_duplicate()) << "nobody uses it";
  EXPECT_FALSE(walker_.saw_records());
  ASSERT_TRUE(Walk(R"({"x":1,"records":[]})"));
  EXPECT_TRUE(walker_.saw_records());
  ASSERT_TRUE(Walk(R"({"x":{"records":[]},"records":{}})"));
  EXPECT_FALSE(walker_.saw_records());
}

}  // namespace
}  // namespace keywatch::decode
