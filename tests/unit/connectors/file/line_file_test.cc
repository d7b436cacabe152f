#include "connectors/file/line_file.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace keywatch::file {
namespace {

using tests::ReadFile;

TEST(LineFileTest, AppendsToWhatIsThere) {
  tests::TempDir dir;
  std::string path = dir.File("x");
  tests::WriteFile(path, "old\n");
  LineFile file(path);
  ASSERT_TRUE(file.Append("a\n").ok());
  ASSERT_TRUE(file.Append("b\n").ok());
  ASSERT_TRUE(file.Sync().ok());
  EXPECT_EQ(ReadFile(path), "old\na\nb\n");
  EXPECT_EQ(file.size(), 8U);
}

TEST(LineFileTest, EndsALineThatACrashCutOff) {
  tests::TempDir dir;
  std::string path = dir.File("x");
  tests::WriteFile(path, "{\"half\":");
  LineFile file(path);
  ASSERT_TRUE(file.Append("a\n").ok());
  EXPECT_EQ(ReadFile(path), "{\"half\":\na\n");
}

TEST(LineFileTest, FollowsItsNameWhenTheFileIsMovedAway) {
  tests::TempDir dir;
  std::string path = dir.File("x");
  LineFile file(path);
  ASSERT_TRUE(file.Append("a\n").ok());
  std::filesystem::rename(path, dir.File("moved"));
  ASSERT_TRUE(file.Append("b\n").ok());
  std::filesystem::remove(path);
  ASSERT_TRUE(file.Append("c\n").ok());
  EXPECT_EQ(ReadFile(dir.File("moved")), "a\n");
  EXPECT_EQ(ReadFile(path), "c\n");
}

TEST(LineFileTest, RotateKeepsOneFileBefore) {
  tests::TempDir dir;
  std::string path = dir.File("x");
  LineFile file(path);
  for (const char* line : {"a\n", "b\n", "c\n"}) {
    ASSERT_TRUE(file.Append(line).ok());
    ASSERT_TRUE(file.Rotate().ok());
  }
  EXPECT_EQ(ReadFile(path), "");
  EXPECT_EQ(ReadFile(path + ".1"), "c\n");
}

TEST(LineFileTest, ErrorsNameThePath) {
  LineFile file("/nowhere/x");
  Status status = file.Append("a\n");
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("/nowhere/x"), std::string::npos);
  LineFile full("/dev/full");
  EXPECT_EQ(full.Append("a\n").code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace keywatch::file
