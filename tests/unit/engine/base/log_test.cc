#include "engine/base/log.h"

#include <gtest/gtest.h>

namespace keywatch {
namespace {

constexpr int64_t kTime = 1'764'021'600'123;  // 2025-11-24T22:00:00.123Z

TEST(LogTest, TextLine) {
  EXPECT_EQ(
      FormatLogLine(kTime, LogLevel::kWarning, "sink fails", {{"sink", "a"}, {"n", "3"}}, false),
      "2025-11-24T22:00:00.123Z warning sink fails sink=a n=3");
}

TEST(LogTest, JsonLine) {
  EXPECT_EQ(
      FormatLogLine(kTime, LogLevel::kError, "a \"b\"", {{"k", "x\ny"}}, true),
      R"({"time":"2025-11-24T22:00:00.123Z","level":"error","message":"a \"b\"","k":"x\ny"})");
}

// A value cannot start a line of its own, look like another field, or steer a terminal.
TEST(LogTest, ValuesCannotForgeLinesOrFields) {
  EXPECT_EQ(FormatLogLine(
                kTime, LogLevel::kInfo, "m\nx", {{"k", "a\nb c=\"d\" \x1b[31m"}, {"e", ""}}, false),
            "2025-11-24T22:00:00.123Z info m x k=\"a\\nb c=\\\"d\\\" \\u001b[31m\" e=\"\"");
}

TEST(LogTest, CountsWhatIsWritten) {
  ConfigureLog(LogLevel::kWarning, false);
  uint64_t infos = LogLineCount(LogLevel::kInfo);
  uint64_t errors = LogLineCount(LogLevel::kError);
  testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "not written");
  Log(LogLevel::kError, "written", {{"key", "value"}});
  std::string text = testing::internal::GetCapturedStderr();
  ConfigureLog(LogLevel::kInfo, false);
  EXPECT_EQ(LogLineCount(LogLevel::kInfo), infos);
  EXPECT_EQ(LogLineCount(LogLevel::kError), errors + 1);
  EXPECT_EQ(text.substr(24), " error written key=value\n");
}

TEST(LogTest, AFloodFromOnePlaceIsCutAndCounted) {
  uint64_t warnings = LogLineCount(LogLevel::kWarning);
  uint64_t suppressed = SuppressedLogLineCount(LogLevel::kWarning);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i)
    Log(LogLevel::kWarning, "the same again", {{"i", std::to_string(i)}});
  Log(LogLevel::kWarning, "from elsewhere");
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(LogLineCount(LogLevel::kWarning), warnings + 51);
  EXPECT_EQ(SuppressedLogLineCount(LogLevel::kWarning), suppressed + 950);
  EXPECT_EQ(text.find("i=50"), std::string::npos);
  EXPECT_NE(text.find("from elsewhere"), std::string::npos);
}

}  // namespace
}  // namespace keywatch
