#include "app/generate/output.h"

#include <gtest/gtest.h>

#include "engine/record/dynamic.h"
#include "tests/support/temp_dir.h"

namespace keywatch::generate {
namespace {

using tests::ReadFile;
using tests::TempDir;

TEST(OutputTest, OneRecordALine) {
  TempDir dir;
  OutputFile file;
  ASSERT_TRUE(file.Open(dir.File("out")).ok());
  RecordOutput output(&file, OutputFormat::kJsonLines, 1);
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(output.Add("{\"a\":" + std::to_string(i) + "}"));
  ASSERT_TRUE(output.Finish());
  ASSERT_TRUE(file.Close().ok());
  EXPECT_EQ(ReadFile(dir.File("out")), "{\"a\":0}\n{\"a\":1}\n{\"a\":2}\n");
}

TEST(OutputTest, MessagesHoldSeveralRecordsAndLoseNone) {
  TempDir dir;
  OutputFile file;
  ASSERT_TRUE(file.Open(dir.File("out")).ok());
  RecordOutput output(&file, OutputFormat::kEventHub, 1);
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(output.Add("{\"a\":" + std::to_string(i) + "}"));
  ASSERT_TRUE(output.Finish());
  ASSERT_TRUE(file.Close().ok());
  std::istringstream lines(ReadFile(dir.File("out")));
  int64_t next = 0;
  int messages = 0;
  for (std::string line; std::getline(lines, line); ++messages) {
    std::optional<record::Dynamic> message = record::ParseJson(line);
    ASSERT_TRUE(message) << line;
    for (const record::Dynamic& record : *message->Find("records")->array()) {
      EXPECT_EQ(std::get<int64_t>(record.Find("a")->held), next++);
    }
  }
  EXPECT_EQ(next, 1000);
  EXPECT_GT(messages, 20);
  EXPECT_LT(messages, 200);
}

TEST(OutputTest, AFullDiskIsSaid) {
  OutputFile file;
  ASSERT_TRUE(file.Open("/dev/full").ok());
  std::string text(size_t{1} << 20, 'x');
  EXPECT_FALSE(file.Write(text) && file.Write(text));
  Status status = file.Close();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "cannot write /dev/full: No space left on device");
}

TEST(OutputTest, ASmallFileOnAFullDiskIsSaidAtTheEnd) {
  OutputFile file;
  ASSERT_TRUE(file.Open("/dev/full").ok());
  EXPECT_TRUE(file.Write("x"));
  EXPECT_FALSE(file.Close().ok());
}

TEST(OutputTest, AnUnwritablePathIsSaid) {
  OutputFile file;
  EXPECT_EQ(file.Open("/nonexistent/out").code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace keywatch::generate
