#include "connectors/file/file_form.h"

#include <string>

#include <gtest/gtest.h>

namespace keywatch::file {
namespace {

std::vector<std::string> Texts(std::string_view text, const Cut& cut) {
  std::vector<std::string> texts;
  for (const Piece& piece : cut.pieces)
    texts.emplace_back(text.substr(piece.begin, piece.size));
  return texts;
}

TEST(FileFormTest, OneDocumentALineIsLines) {
  EXPECT_EQ(ClassifyHead("{\"a\":1}\n{\"a\":2}\n", false), FileForm::kLines);
  EXPECT_EQ(ClassifyHead("\xef\xbb\xbf\r\n\n{\"a\":1}\r\n", false), FileForm::kLines);
  EXPECT_EQ(ClassifyHead("{\"records\":[{\"a\":1}]}", false), FileForm::kLines);
  EXPECT_EQ(ClassifyHead("[{\"a\":1}]", true), FileForm::kLines);
  EXPECT_EQ(ClassifyHead("not json\n", false), FileForm::kLines);
  EXPECT_EQ(ClassifyHead("", true), FileForm::kLines);
}

TEST(FileFormTest, OneDocumentOverLinesIsDocuments) {
  EXPECT_EQ(ClassifyHead("[\n{\"a\":1},\n{\"a\":2}\n]\n", false), FileForm::kDocuments);
  EXPECT_EQ(ClassifyHead("[\n{\"a\":1}\n]", false), FileForm::kDocuments);
  EXPECT_EQ(ClassifyHead("{\n  \"records\": [\n    {\n      \"a\": 1\n    }\n  ]\n}\n", false),
            FileForm::kDocuments);
  EXPECT_EQ(ClassifyHead("{\"records\":[\n{\"a\":1}]}", true), FileForm::kDocuments);
  EXPECT_EQ(ClassifyHead("[\n", true), FileForm::kDocuments);
}

TEST(FileFormTest, ALongDocumentIsKnownByItsFirstLines) {
  std::string text = "[\n";
  for (int i = 0; i < 8; ++i)
    text += "{\"a\":1},\n";
  EXPECT_EQ(ClassifyHead(text, false), FileForm::kDocuments);
}

TEST(FileFormTest, ACutFirstLineDoesNotSpoilTheLinesAfterIt) {
  EXPECT_EQ(ClassifyHead("{\"time\":\"2024-0\n{\"a\":1}\n", false), FileForm::kLines);
  EXPECT_EQ(ClassifyHead("{\"a\":{\"b\":1,\n{\"a\":1}\n{\"a\":2}\n", false), FileForm::kLines);
  EXPECT_EQ(ClassifyHead("{\"a\":{\"b\":1,\n{\"a\":1}\n", true), FileForm::kLines);
  EXPECT_EQ(ClassifyHead("\"b\":1}\n{\"a\":1}\n", false), FileForm::kLines);
}

TEST(FileFormTest, TooLittleIsUndecided) {
  EXPECT_EQ(ClassifyHead("", false), FileForm::kUndecided);
  EXPECT_EQ(ClassifyHead(" \n", false), FileForm::kUndecided);
  EXPECT_EQ(ClassifyHead("{\"a\":", false), FileForm::kUndecided);
  EXPECT_EQ(ClassifyHead("[\n{\"a\":1}", false), FileForm::kUndecided);
}

TEST(FileFormTest, PackedFilesAreKnown) {
  EXPECT_EQ(ClassifyHead("\x1f\x8b\x08", false), FileForm::kGzip);
  EXPECT_EQ(ClassifyHead("\x28\xb5\x2f\xfd\x04", false), FileForm::kZstd);
}

TEST(FileFormTest, RunsHoldAsManyWholeLinesAsFit) {
  std::string text = "aaa\nbb\n\ncccccccc\nd\ne";
  Cut cut = CutLines(text, 7, After::kMore);
  EXPECT_EQ(Texts(text, cut), (std::vector<std::string>{"aaa\nbb\n", "\n", "cccccccc\n", "d\n"}));
  EXPECT_EQ(cut.consumed, text.size() - 1);
}

TEST(FileFormTest, RunsJoinToTheTextWhateverTheBound) {
  std::string text = "{\"a\":1}\r\n\n{\"bb\":22}\n{}\n\n\n{\"ccc\":333}\nlast";
  for (size_t run_bytes = 1; run_bytes < 60; ++run_bytes) {
    for (After after : {After::kMore, After::kGrowth, After::kNothing}) {
      Cut cut = CutLines(text, run_bytes, after);
      std::string joined;
      for (const std::string& piece : Texts(text, cut))
        joined += piece;
      EXPECT_EQ(joined, after == After::kNothing ? text : text.substr(0, text.size() - 4));
      EXPECT_EQ(joined.size(), cut.consumed);
    }
  }
}

TEST(FileFormTest, AClosedDocumentNeedsNoLineEnd) {
  EXPECT_EQ(CutLines("{\"a\":1}\n{\"b\":2}", 100, After::kGrowth).consumed, 15U);
  EXPECT_EQ(CutLines("{\"a\":1}\n{\"b\":2", 100, After::kGrowth).consumed, 8U);
  EXPECT_EQ(CutLines("{\"a\":1}\n{\"b\":\"}", 100, After::kGrowth).consumed, 8U);
  // In the middle of a file there is no hurry.
  EXPECT_EQ(CutLines("{\"a\":1}\n{\"b\":2}", 100, After::kMore).consumed, 8U);
}

TEST(FileFormTest, DocumentsAreCutAtTheirEnds) {
  std::string text = "\xef\xbb\xbf[\n1\n]\n{\"a\":\n\"}\"}\n\n{\"b\"";
  Cut cut = CutDocuments(text, After::kGrowth);
  EXPECT_EQ(Texts(text, cut), (std::vector<std::string>{"[\n1\n]", "{\"a\":\n\"}\"}"}));
  EXPECT_EQ(text.substr(cut.consumed), "{\"b\"");
  cut = CutDocuments(text, After::kNothing);
  EXPECT_EQ(Texts(text, cut).back(), "{\"b\"");
  EXPECT_EQ(cut.consumed, text.size());
}

TEST(FileFormTest, WhatIsNoDocumentIsHandedOverToo) {
  std::string text = "[\n1\n]\n,oops\n[2]\n";
  EXPECT_EQ(Texts(text, CutDocuments(text, After::kMore)),
            (std::vector<std::string>{"[\n1\n]", ",oops", "[2]"}));
}

}  // namespace
}  // namespace keywatch::file
