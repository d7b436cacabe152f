#include "engine/record/dictionary.h"

#include <random>
#include <string>
#include <unordered_map>

#include <gtest/gtest.h>

namespace keywatch::record {
namespace {

TEST(Dictionary, CodeZeroIsTheEmptyString) {
  Dictionary dictionary;
  EXPECT_EQ(dictionary.Intern(""), 0U);
  EXPECT_EQ(dictionary.At(0), "");
  EXPECT_EQ(dictionary.size(), 1U);
  EXPECT_EQ(dictionary.Intern(std::string(1, '\0')), 1U) << "a zero byte is not nothing";
}

TEST(Dictionary, AgreesWithAMap) {
  std::mt19937 random(5);
  Dictionary dictionary;
  std::unordered_map<std::string, Code> expected;
  for (int i = 0; i < 200'000; ++i) {
    // Lengths around the borders of short keys, few letters so that texts repeat and nearly repeat.
    std::string text(random() % 40, 'a');
    for (unsigned edits = 0; edits < 3 && !text.empty(); ++edits) {
      text[random() % text.size()] = static_cast<char>("ab\0c"[random() % 4]);
    }
    Code code = dictionary.Intern(text);
    auto [known, added] = expected.emplace(text, code);
    ASSERT_EQ(known->second, code) << text;
    ASSERT_EQ(dictionary.At(code), text);
  }
  expected.emplace("", 0);
  EXPECT_EQ(dictionary.size(), expected.size());
}

TEST(Dictionary, TextsStayWhereTheyAre) {
  Dictionary dictionary;
  std::string_view first = dictionary.At(dictionary.Intern("first"));
  for (int i = 0; i < 100'000; ++i)
    dictionary.Intern("text " + std::to_string(i));
  EXPECT_EQ(first, "first");
  EXPECT_EQ(dictionary.At(dictionary.Intern("first")).data(), first.data());
}

TEST(Dictionary, ClearBeginsANewGeneration) {
  Dictionary dictionary;
  for (int i = 0; i < 1000; ++i)
    dictionary.Intern(std::to_string(i));
  EXPECT_GT(dictionary.bytes(), 1000U);
  uint32_t generation = dictionary.generation();
  dictionary.Clear();
  EXPECT_NE(dictionary.generation(), generation);
  EXPECT_EQ(dictionary.size(), 1U);
  EXPECT_EQ(dictionary.bytes(), 0U);
  EXPECT_EQ(dictionary.Intern("999"), 1U);
  EXPECT_EQ(dictionary.At(0), "");
}

}  // namespace
}  // namespace keywatch::record
