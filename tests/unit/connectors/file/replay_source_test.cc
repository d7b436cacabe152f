#include <gtest/gtest.h>

#include "connectors/file/file_source.h"
#include "tests/support/packed.h"
#include "tests/support/temp_dir.h"

namespace keywatch::file {
namespace {

using std::chrono::milliseconds;
using tests::ReadFile;
using tests::TempDir;
using tests::WriteFile;

std::string Lines(int from, int count) {
  std::string text;
  for (int i = from; i < from + count; ++i)
    text += "{\"record\":" + std::to_string(i) + "}\n";
  return text;
}

// The text of all messages up to the end, and the positions after each batch.
struct Outcome {
  std::string text;
  std::vector<std::pair<std::string, pipeline::Positions>> after;  // text so far, positions so far
};

Outcome RunToEnd(pipeline::Source* source, pipeline::Positions positions) {
  Outcome run;
  while (true) {
    Result<pipeline::RawBatch> batch = source->Poll(milliseconds(0));
    EXPECT_TRUE(batch) << batch.error().message();
    if (!batch || batch->end)
      return run;
    for (const pipeline::RawMessage& message : batch->messages) {
      EXPECT_EQ(ReadFile(*message.origin)
                    .substr(static_cast<size_t>(message.offset), message.bytes.size()),
                message.bytes);
      run.text += message.bytes;
    }
    for (const auto& [key, next] : batch->next)
      positions[key] = next;
    run.after.emplace_back(run.text, positions);
  }
}

TEST(ReplaySourceTest, FilesComeByNameAndThenTheEnd) {
  TempDir dir;
  WriteFile(dir.File("b.jsonl"), Lines(100, 10));
  WriteFile(dir.File("a.jsonl"), Lines(0, 10));
  WriteFile(dir.File("c.json"), "[\n{\"record\":1}\n]\n");
  WriteFile(dir.File("empty.jsonl"), "");
  auto source = MakeReplaySource({"file", {dir.path()}, {}});
  ASSERT_TRUE(source->Open({}).ok());
  EXPECT_TRUE(source->Health().connected);
  EXPECT_EQ(RunToEnd(source.get(), {}).text,
            Lines(0, 10) + Lines(100, 10) + "[\n{\"record\":1}\n]");
  ReplayProgress progress = source->Progress();
  EXPECT_EQ(progress.files, 4U);
  EXPECT_EQ(progress.files_read, 4U);
  EXPECT_EQ(progress.bytes_read, progress.bytes);
  Result<pipeline::RawBatch> again = source->Poll(milliseconds(0));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->end);
}

TEST(ReplaySourceTest, FromAnyPositionTheRestComes) {
  TempDir dir;
  WriteFile(dir.File("a.jsonl"), Lines(0, 50));
  WriteFile(dir.File("b.jsonl"), Lines(50, 50) + "{\"last\":1}");
  FileSourceOptions options{"file", {dir.File("*.jsonl")}, {64, 40, 1000}};
  auto source = MakeReplaySource(options);
  ASSERT_TRUE(source->Open({}).ok());
  Outcome whole = RunToEnd(source.get(), {});
  ASSERT_EQ(whole.text, Lines(0, 100) + "{\"last\":1}");
  ASSERT_GT(whole.after.size(), 20U);
  for (const auto& [before, positions] : whole.after) {
    auto resumed = MakeReplaySource(options);
    ASSERT_TRUE(resumed->Open(positions).ok());
    ASSERT_EQ(before + RunToEnd(resumed.get(), positions).text, whole.text);
  }
}

TEST(ReplaySourceTest, BatchesOutliveLaterReads) {
  TempDir dir;
  WriteFile(dir.File("a.jsonl"), Lines(0, 100));
  auto source = MakeReplaySource({"file", {dir.File("a.jsonl")}, {64, 40, 1000}});
  ASSERT_TRUE(source->Open({}).ok());
  std::vector<pipeline::RawBatch> batches;
  while (true) {
    Result<pipeline::RawBatch> batch = source->Poll(milliseconds(0));
    ASSERT_TRUE(batch);
    if (batch->end)
      break;
    batches.push_back(std::move(*batch));
  }
  std::string text;
  for (const pipeline::RawBatch& batch : batches) {
    for (const pipeline::RawMessage& message : batch.messages)
      text += message.bytes;
  }
  EXPECT_EQ(text, Lines(0, 100));
}

TEST(ReplaySourceTest, WhatCannotBeReadIsNamedAtOnce) {
  TempDir dir;
  auto source = MakeReplaySource({"file", {dir.File("no"), dir.File("*.jsonl")}, {}});
  Status status = source->Open({});
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find(dir.File("no")), std::string::npos);
  EXPECT_NE(status.message().find("*.jsonl"), std::string::npos);
}

TEST(ReplaySourceTest, AFileOfAnotherFormIsAnError) {
  TempDir dir;
  WriteFile(dir.File("a.gz"), tests::Gzip(tests::Gzip("{}\n")));
  auto source = MakeReplaySource({"file", {dir.File("a.gz")}, {}});
  ASSERT_TRUE(source->Open({}).ok());
  Result<pipeline::RawBatch> batch = source->Poll(milliseconds(0));
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code(), StatusCode::kInvalidInput);
  EXPECT_FALSE(source->Health().connected);
  EXPECT_EQ(source->Health().problem, batch.error().message());
}

std::string TextOf(pipeline::Source* source) {
  std::string text;
  while (true) {
    Result<pipeline::RawBatch> batch = source->Poll(milliseconds(0));
    EXPECT_TRUE(batch);
    if (!batch || batch->end)
      return text;
    for (const pipeline::RawMessage& message : batch->messages)
      text += message.bytes;
  }
}

TEST(ReplaySourceTest, OfADamagedFileTheReadablePartComesAndThenTheOthers) {
  TempDir dir;
  std::string packed = tests::Gzip(Lines(0, 20000));
  WriteFile(dir.File("a.gz"), packed.substr(0, packed.size() / 2));
  WriteFile(dir.File("b.zst"), tests::Zstd(Lines(7, 3)));
  auto source = MakeReplaySource({"file", {dir.path()}, {}});
  ASSERT_TRUE(source->Open({}).ok());
  std::string text = TextOf(source.get());
  EXPECT_TRUE(text.starts_with(Lines(0, 1000)));
  EXPECT_TRUE(text.ends_with(Lines(7, 3)));
  ReplayProgress progress = source->Progress();
  EXPECT_EQ(progress.files_read, 2U);
  EXPECT_EQ(progress.bytes_read, progress.bytes);
  ASSERT_EQ(progress.damaged.size(), 1U);
  EXPECT_NE(progress.damaged[0].find(dir.File("a.gz") + ": the gzip data ends in the middle"),
            std::string::npos)
      << progress.damaged[0];
}

}  // namespace
}  // namespace keywatch::file
