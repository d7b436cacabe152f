#include "engine/rule/yaml_node.h"

#include <gtest/gtest.h>

namespace keywatch::rule {
namespace {

SourceText Text(std::string text) { return {"a.yaml", std::move(text), 1, 0}; }

// The one error that parsing `text` gives, as a user sees it.
std::string ErrorOf(const std::string& text) {
  SourceText source = Text(text);
  Diagnostics diagnostics;
  ParseYaml(source, &diagnostics);
  return Format(source, diagnostics);
}

std::string At(const SourceText& source, SourceSpan span) {
  return source.text.substr(span.offset, span.length);
}

TEST(ParseYaml, SpansCoverWhatWasWritten) {
  SourceText source = Text("# é\nname: plain text\nq: \"quoted\"\nlist:\n  - one\n  - 'two'\n");
  Diagnostics diagnostics;
  std::optional<YamlNode> root = ParseYaml(source, &diagnostics);
  ASSERT_TRUE(root);
  EXPECT_EQ(At(source, root->Find("name")->span), "plain text");
  EXPECT_EQ(At(source, root->Find("q")->span), "\"quoted\"");
  EXPECT_FALSE(root->Find("q")->is_plain);
  EXPECT_EQ(At(source, root->entries[2].key_span), "list");
  EXPECT_EQ(At(source, root->Find("list")->items[1].span), "'two'");
  EXPECT_EQ(source.Locate(root->Find("list")->items[0].span.offset).line, 5U);
  EXPECT_EQ(root->Find("nothing"), nullptr);
}

TEST(ParseYaml, AByteOrderMarkShiftsNothing) {
  SourceText source = Text("\xEF\xBB\xBFname: value\n");
  Diagnostics diagnostics;
  std::optional<YamlNode> root = ParseYaml(source, &diagnostics);
  ASSERT_TRUE(root);
  EXPECT_EQ(At(source, root->Find("name")->span), "value");
}

TEST(ParseYaml, AKeyThatStandsTwiceIsAnErrorAtTheSecond) {
  EXPECT_EQ(ErrorOf("a: 1\nb: 2\na: 3\n"),
            "a.yaml:3:1: error: a key may stand once, found again: a\n"
            " 3 | a: 3\n"
            "   | ^\n"
            "hint: remove one of the two\n");
  EXPECT_NE(ErrorOf("outer:\n  x: 1\n  x: 1\n").find("a.yaml:3:3: error"), std::string::npos);
}

TEST(ParseYaml, SaysWhereAFileStopsBeingYaml) {
  EXPECT_NE(ErrorOf("a: 1\n\tb: 2\n").find("a.yaml:2:1: error: this is not YAML: illegal tab"),
            std::string::npos);
  EXPECT_NE(ErrorOf("a: [1\nb: 2\n").find("a.yaml:2:2: error: this is not YAML"),
            std::string::npos);
  EXPECT_NE(ErrorOf("a: 'open\n").find("error: this is not YAML"), std::string::npos);
  EXPECT_NE(ErrorOf("a: 1\n---\nb: 2\n").find("a.yaml:3:1: error: expected one YAML document"),
            std::string::npos);
  EXPECT_NE(ErrorOf("a: \xff\n").find("a.yaml:1:4: error: expected UTF-8 text, found byte 0xff"),
            std::string::npos);
  EXPECT_NE(ErrorOf(std::string("a: \0b\n", 6)).find("found byte 0x00"), std::string::npos);
  EXPECT_NE(ErrorOf(std::string(kMaxYamlBytes + 1, ' ')).find("expected at most"),
            std::string::npos);
}

TEST(ParseYaml, EverythingThatGrowsIsBounded) {
  EXPECT_NE(ErrorOf(std::string(5000, '[')).find("error"), std::string::npos);
  std::string deep;
  for (int i = 0; i < 100; ++i)
    deep += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  EXPECT_NE(ErrorOf(deep + std::string(100, ' ') + "a: 1\n").find("expected at most 64 levels"),
            std::string::npos);
  EXPECT_NE(ErrorOf("a: &a [*a]\n").find("error"), std::string::npos);
  std::string laughs = "a0: &a0 [x]\n";
  for (int i = 1; i < 12; ++i) {
    std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k)
      laughs += ", " + before;
    laughs += "]\n";
  }
  EXPECT_NE(ErrorOf(laughs).find("100000 nodes"), std::string::npos);
}

// Line and column in the file of the word HERE in the scalar `query`, as "line:column".
std::string PlaceOfHere(const std::string& text) {
  SourceText file = Text(text);
  Diagnostics diagnostics;
  std::optional<YamlNode> root = ParseYaml(file, &diagnostics);
  if (!root || root->Find("query") == nullptr)
    return Format(file, diagnostics);
  SourceText query = ScalarSource(file, *root->Find("query"));
  size_t here = query.text.find("HERE");
  if (here == std::string::npos)
    return "not found: " + query.text;
  LineColumn place = query.Locate(static_cast<uint32_t>(here));
  return std::to_string(place.line) + ":" + std::to_string(place.column);
}

TEST(ScalarSource, LiteralBlocksKeepExactPlaces) {
  EXPECT_EQ(PlaceOfHere("query: |\n  T\n  | where HERE\n"), "3:11");
  EXPECT_EQ(PlaceOfHere("query: |-\n    T\n      | where HERE\nname: x\n"), "3:15");
  EXPECT_EQ(PlaceOfHere("name: é\nquery: |+  # comment\n\n  HERE\n\n"), "4:3");
  EXPECT_EQ(PlaceOfHere("query: |2\n    HERE\n"), "2:5");
  EXPECT_EQ(PlaceOfHere("query:\n  |\n  HERE\n"), "3:3");
  EXPECT_EQ(PlaceOfHere("query: |\r\n  T\r\n  | HERE\r\n"), "3:5");
  EXPECT_EQ(PlaceOfHere("query: |\n  T\n\n\n  // ünïcode HERE\n"), "5:14");
  EXPECT_EQ(PlaceOfHere("\xEF\xBB\xBFquery: |\n  HERE\n"), "2:3");
}

TEST(ScalarSource, OtherScalarsAreRightOnTheirFirstLine) {
  EXPECT_EQ(PlaceOfHere("query: T | HERE\n"), "1:12");
  EXPECT_EQ(PlaceOfHere("query: \"T | HERE\"\n"), "1:13");
  EXPECT_EQ(PlaceOfHere("query:\n  'T | HERE'\n"), "2:8");
  EXPECT_EQ(PlaceOfHere("query: >-\n  T | HERE\n  | take 1\n"), "2:7");
}

TEST(ReadTextFile, SaysWhyItCannot) {
  EXPECT_FALSE(ReadTextFile("/no/such/file.yaml"));
  EXPECT_EQ(ReadTextFile("/no/such/file.yaml").error().code(), StatusCode::kNotFound);
  EXPECT_EQ(ReadTextFile("/tmp").error().code(), StatusCode::kInvalidInput);
  EXPECT_EQ(ReadTextFile("/dev/zero").error().code(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace keywatch::rule
