#include "connectors/file/file_reader.h"

#include <gtest/gtest.h>

#include "tests/support/packed.h"
#include "tests/support/temp_dir.h"

namespace keywatch::file {
namespace {

using tests::TempDir;
using tests::WriteFile;

// Everything from `offset` on, piece by piece, as pairs of offset and text.
std::vector<std::pair<int64_t, std::string>> ReadAll(const std::string& path,
                                                     int64_t offset,
                                                     bool final,
                                                     const ReadLimits& limits) {
  std::vector<std::pair<int64_t, std::string>> all;
  Result<FileReader> reader = FileReader::Open(path);
  EXPECT_TRUE(reader);
  BlockPool pool(limits.block_bytes);
  for (bool more = true; more;) {
    Result<FileRead> read = reader->Read(offset, final, limits, &pool);
    EXPECT_TRUE(read) << read.error().message();
    if (!read)
      break;
    for (const Piece& piece : read->pieces) {
      all.emplace_back(read->offset + static_cast<int64_t>(piece.begin),
                       std::string(read->block->data.get() + piece.begin, piece.size));
    }
    more = !read->at_end;
    offset = read->next;
  }
  return all;
}

std::string Joined(const std::vector<std::pair<int64_t, std::string>>& pieces) {
  std::string joined;
  for (const auto& [offset, text] : pieces)
    joined += text;
  return joined;
}

TEST(FileReaderTest, LinesComeWholeWhateverTheBlock) {
  TempDir dir;
  std::string text =
      "\xef\xbb\xbf{\"a\":1}\r\n\n{\"bb\":22}\n{}\n{\"cccccccccccccccc\":3}\n{\"d\":4}";
  WriteFile(dir.File("f"), text);
  for (size_t block = 1; block < 80; ++block) {
    ReadLimits limits{block, 16, 1000};
    auto pieces = ReadAll(dir.File("f"), 0, true, limits);
    ASSERT_EQ(Joined(pieces), text) << block;
    for (const auto& [offset, piece] : pieces) {
      ASSERT_EQ(text.substr(static_cast<size_t>(offset), piece.size()), piece);
      ASSERT_TRUE(piece.ends_with('\n') || piece.ends_with("4}")) << piece;
    }
  }
}

TEST(FileReaderTest, EveryPositionGivesTheRest) {
  TempDir dir;
  std::string text;
  for (int i = 0; i < 30; ++i)
    text += "{\"number\":" + std::to_string(i * 7919) + "}\n";
  WriteFile(dir.File("f"), text);
  ReadLimits limits{64, 40, 1000};
  for (size_t at = 0; at <= text.size();
       at = text.find('\n', at) == std::string::npos ? text.size() + 1 : text.find('\n', at) + 1) {
    ASSERT_EQ(Joined(ReadAll(dir.File("f"), static_cast<int64_t>(at), true, limits)),
              text.substr(at));
  }
}

TEST(FileReaderTest, AnOpenLastLineWaits) {
  TempDir dir;
  WriteFile(dir.File("f"), "{\"a\":1}\n{\"b\":");
  ReadLimits limits;
  EXPECT_EQ(Joined(ReadAll(dir.File("f"), 0, false, limits)), "{\"a\":1}\n");
  EXPECT_EQ(Joined(ReadAll(dir.File("f"), 8, false, limits)), "");
  EXPECT_EQ(Joined(ReadAll(dir.File("f"), 8, true, limits)), "{\"b\":");
}

TEST(FileReaderTest, DocumentsComeOneByOne) {
  TempDir dir;
  std::string first = "[\n {\"a\": 1},\n {\"a\": 2}\n]";
  std::string second = "{\n \"a\": 3\n}";
  WriteFile(dir.File("f"), first + "\n" + std::string(50, ' ') + second + "\n");
  for (size_t block = 1; block < 100; ++block) {
    auto pieces = ReadAll(dir.File("f"), 0, true, {block, 16, 1000});
    ASSERT_EQ(pieces.size(), 2U) << block;
    ASSERT_EQ(pieces[0], std::make_pair(int64_t{0}, first));
    ASSERT_EQ(pieces[1].second, second);
  }
  // From a position between them.
  EXPECT_EQ(
      Joined(ReadAll(dir.File("f"), static_cast<int64_t>(first.size()), true, {16, 16, 1000})),
      second);
}

TEST(FileReaderTest, OfALineBeyondTheLimitTheBeginningComesAndTheNextLine) {
  TempDir dir;
  std::string before = "{\"a\":1}\n";
  WriteFile(dir.File("f"), before + "{\"long\":\"" + std::string(5000, 'x') + "\"}\n{\"b\":2}\n");
  Result<FileReader> reader = FileReader::Open(dir.File("f"));
  BlockPool pool(64);
  ReadLimits limits{64, 32, 256};
  Result<FileRead> read = reader->Read(static_cast<int64_t>(before.size()), true, limits, &pool);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->pieces.size(), 1U);
  EXPECT_EQ(read->pieces[0].size, 128U);
  EXPECT_EQ(read->cut_bytes, 5000 + 12 - 128);
  EXPECT_EQ(Joined(ReadAll(dir.File("f"), read->next, true, limits)), "{\"b\":2}\n");
}

TEST(FileReaderTest, ADocumentBeyondTheLimitIsAnError) {
  TempDir dir;
  std::string text = "[\n";
  for (int i = 0; i < 100; ++i)
    text += "{\"a\":1},\n";
  WriteFile(dir.File("f"), text + "{}]");
  Result<FileReader> reader = FileReader::Open(dir.File("f"));
  BlockPool pool(64);
  Result<FileRead> read = reader->Read(0, true, {64, 32, 256}, &pool);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), StatusCode::kInvalidInput);
  EXPECT_NE(read.error().message().find("the JSON document at byte 0 is longer"),
            std::string::npos);
}

TEST(FileReaderTest, APackedFileIsReadAsItsText) {
  TempDir dir;
  std::string text;
  for (int i = 0; i < 400; ++i)
    text += "{\"number\":" + std::to_string(i * 7919) + "}\n";
  text += "{\"last\":1}";
  WriteFile(dir.File("f"), text);
  WriteFile(dir.File("f.gz"), tests::Gzip(text));
  WriteFile(dir.File("f.zst"), tests::Zstd(text));
  ReadLimits limits{64, 40, 1000};
  for (int64_t offset : {int64_t{0}, static_cast<int64_t>(text.find("\n", 3000) + 1)}) {
    auto plain = ReadAll(dir.File("f"), offset, true, limits);
    // An ended stream will not grow, whatever is known from outside.
    EXPECT_EQ(ReadAll(dir.File("f.gz"), offset, false, limits), plain);
    EXPECT_EQ(ReadAll(dir.File("f.zst"), offset, true, limits), plain);
  }
  for (std::string document : {"[\n{\"a\":1},\n{\"b\":2}\n]\n", "{\"a\":1}"}) {
    WriteFile(dir.File("d.gz"), tests::Gzip(document));
    EXPECT_EQ(Joined(ReadAll(dir.File("d.gz"), 0, false, {})),
              document.substr(0, document.find_last_not_of('\n') + 1));
  }
}

TEST(FileReaderTest, WhatIsPackedTwiceIsRefused) {
  TempDir dir;
  WriteFile(dir.File("f.gz"), tests::Gzip(tests::Zstd("{}")));
  Result<FileReader> reader = FileReader::Open(dir.File("f.gz"));
  BlockPool pool(64);
  Result<FileRead> read = reader->Read(0, true, {}, &pool);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(),
            "cannot read " + dir.File("f.gz") +
                ": expected JSON text, found zstd data in packed data; unpack it once");
}

TEST(FileReaderTest, AMissingFileIsNotFound) {
  EXPECT_EQ(FileReader::Open("/nonexistent/file").error().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace keywatch::file
