#include "connectors/decode/piece_finder.h"

#include <string>

#include <gtest/gtest.h>

namespace keywatch::decode {
namespace {

std::string Element(const std::string& text, size_t begin = 0) {
  PieceFinder finder(text);
  Piece piece = finder.Element(begin);
  return text.substr(begin, piece.end - begin) + (piece.balanced ? "" : " (open)");
}
std::string Document(const std::string& text) {
  PieceFinder finder(text);
  Piece piece = finder.Document(0);
  return text.substr(0, piece.end) + (piece.balanced ? "" : " (open)");
}

TEST(PieceFinder, AnElementEndsWithItsBracket) {
  EXPECT_EQ(Element(R"({"a":"}]\"","b":[{}]},{"a":2}])"), R"({"a":"}]\"","b":[{}]})");
  EXPECT_EQ(Element(R"({"a":tru, "b":"x})"
                    "\n"
                    R"("} ])"),
            "{\"a\":tru, \"b\":\"x}\n\"}");
}

TEST(PieceFinder, AnOpenElementEndsBeforeTheNextRecord) {
  EXPECT_EQ(Element(R"({"a":{"b":1,{"a":2},{"a":3}])"), R"({"a":{"b":1 (open))");
  EXPECT_EQ(Element(R"({"x":"open,{"time":2}])"), R"({"x":"open (open))");
  EXPECT_EQ(Element(R"({"x":[1,{"y":2}, )"
                    "\n"
                    R"( {"TenantId":2}])"),
            R"({"x":[1,{"y":2} (open))");
  EXPECT_EQ(Element(R"({"x":[1,{"y":2})"), R"({"x":[1,{"y":2} (open))");
}

TEST(PieceFinder, ANameThatStandsDeeperInAGoodRecordDoesNotSplitIt) {
  std::string record = R"({"time":"x","list":[{"a":1},{"time":2}]})";
  EXPECT_EQ(Element(record + ",{\"time\":3}]"), record);
}

TEST(PieceFinder, ADocumentIsALineOrSeveral) {
  EXPECT_EQ(Document("{\"a\":1}\n{\"a\":2}"), "{\"a\":1}");
  EXPECT_EQ(Document("{\n  \"a\":\n {\n}\n}\n{\"a\":2}"), "{\n  \"a\":\n {\n}\n}");
  EXPECT_EQ(Document("{\"a\":{\"b\":1\n{\"a\":2}\n"), "{\"a\":{\"b\":1 (open)");
  EXPECT_EQ(Document("{\"a\":\"x\n{\"a\":2}\n"), "{\"a\":\"x (open)");
  EXPECT_EQ(Document("{\"a\":1,\n{\"a\":2}\n"), "{\"a\":1, (open)");
  EXPECT_EQ(Document("{\"a\":\n{\"a\":2}\n{\"a\":3}\n"), "{\"a\": (open)");
}

TEST(PieceFinder, Envelopes) {
  std::string text = R"({ "Records" : [ 1 ] })";
  EXPECT_EQ(PieceFinder(text).EnvelopeAt(0), text.find('[') + 1);
  for (const char* other :
       {R"({"record":[]})", R"({"records":{}})", R"({"recordsx":[]})", "{", R"({"records")"}) {
    std::string none = other;
    EXPECT_EQ(PieceFinder(none).EnvelopeAt(0), 0U) << other;
  }
  text = R"(,"a":{"records":[1]},"b":"}","records":[2]})";
  PieceFinder::Rest rest = PieceFinder(text).EnvelopeRest(0);
  EXPECT_TRUE(rest.records);
  EXPECT_EQ(text.substr(rest.at), "2]}");
  rest = PieceFinder(text).EnvelopeRest(rest.at + 2);
  EXPECT_TRUE(rest.ended && !rest.records);
  text = "\n{\"a\":1}";
  rest = PieceFinder(text).EnvelopeRest(0);
  EXPECT_EQ(rest.at, 1U) << "the next document is not part of an envelope that was never closed";
}

}  // namespace
}  // namespace keywatch::decode
