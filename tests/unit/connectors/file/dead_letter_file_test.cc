#include "connectors/file/dead_letter_file.h"

#include <sstream>

#include <gtest/gtest.h>

#include "engine/base/crypto.h"
#include "engine/record/dynamic.h"
#include "tests/support/temp_dir.h"

namespace keywatch::file {
namespace {

using record::Dynamic;

std::vector<Dynamic> Lines(const std::string& path) {
  std::vector<Dynamic> out;
  std::istringstream text(tests::ReadFile(path));
  for (std::string line; std::getline(text, line);) {
    std::optional<Dynamic> json = record::ParseJson(line);
    EXPECT_TRUE(json) << line;
    if (json)
      out.push_back(*json);
  }
  return out;
}

std::string Text(const Dynamic& line, const char* name) {
  const Dynamic* member = line.Find(name);
  return member == nullptr || member->string() == nullptr ? "<none>" : *member->string();
}

double Metric(const MetricRegistry& metrics, const std::string& series) {
  std::string text = metrics.Expose();
  size_t at = text.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
}

std::unique_ptr<DeadLetterFile> MustMake(DeadLetterOptions options, MetricRegistry* metrics) {
  auto made = DeadLetterFile::Make(std::move(options), metrics);
  EXPECT_TRUE(made);
  return std::move(made).value();
}

TEST(DeadLetterFileTest, KeepsRecordsByteForByte) {
  tests::TempDir dir;
  MetricRegistry metrics;
  DeadLetterOptions options;
  options.path = dir.File("dead.jsonl");
  options.reasons = {"syntax"};
  auto file = MustMake(options, &metrics);
  std::string readable = "{\"a\":\x01 \"é\n";
  std::string bytes("\xff\x00{", 3);
  ASSERT_TRUE(file->AddRecord({"syntax", "expected }", "topic/3", 42, 17, readable}).ok());
  ASSERT_TRUE(file->AddRecord({"unheard-of", "", "f", 0, 0, bytes}).ok());
  ASSERT_TRUE(file->Sync().ok());
  std::vector<Dynamic> lines = Lines(options.path);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(Text(lines[0], "kind"), "record");
  EXPECT_EQ(Text(lines[0], "reason"), "syntax");
  EXPECT_EQ(Text(lines[0], "detail"), "expected }");
  EXPECT_EQ(Text(lines[0], "origin"), "topic/3");
  EXPECT_EQ(std::get<int64_t>(lines[0].Find("offset")->held), 42);
  EXPECT_EQ(std::get<int64_t>(lines[0].Find("bytePosition")->held), 17);
  EXPECT_EQ(Text(lines[0], "text"), readable);
  EXPECT_EQ(Base64Decode(Text(lines[1], "base64")), bytes);
  EXPECT_EQ(Metric(metrics, R"(keywatch_dlq_records_total{reason="syntax",sink="decoder"})"), 1);
  EXPECT_EQ(Metric(metrics, R"(keywatch_dlq_records_total{reason="other",sink="decoder"})"), 1);
}

TEST(DeadLetterFileTest, LongRecordsAreCutAndSaySo) {
  tests::TempDir dir;
  MetricRegistry metrics;
  DeadLetterOptions options;
  options.path = dir.File("dead.jsonl");
  options.most_record_bytes = 10;
  auto file = MustMake(options, &metrics);
  std::string record(1000, 'x');
  ASSERT_TRUE(file->AddRecord({"syntax", "", "f", 0, 0, record}).ok());
  Dynamic line = Lines(options.path).at(0);
  EXPECT_EQ(Text(line, "text"), std::string(10, 'x'));
  EXPECT_EQ(std::get<int64_t>(line.Find("size")->held), 1000);
}

TEST(DeadLetterFileTest, KeepsAlertsWhole) {
  tests::TempDir dir;
  MetricRegistry metrics;
  DeadLetterOptions options;
  options.path = dir.File("dead.jsonl");
  auto file = MustMake(options, &metrics);
  pipeline::OutgoingAlert alert{"0011", "rule", "High", R"({"id":"0011"})"};
  ASSERT_TRUE(file->AddAlert({&alert, "soc", "gone", "HTTP 410", 3, record::kUnixEpoch}).ok());
  Dynamic line = Lines(options.path).at(0);
  EXPECT_EQ(Text(line, "kind"), "alert");
  EXPECT_EQ(Text(line, "sink"), "soc");
  EXPECT_EQ(Text(line, "reason"), "gone");
  EXPECT_EQ(Text(line, "created"), "1970-01-01T00:00:00.0000000Z");
  EXPECT_EQ(record::ToJson(*line.Find("alert")), alert.json);
}

TEST(DeadLetterFileTest, IsBoundedAndCountsWhatItDiscards) {
  tests::TempDir dir;
  MetricRegistry metrics;
  DeadLetterOptions options;
  options.path = dir.File("dead.jsonl");
  options.most_bytes = 2000;
  auto file = MustMake(options, &metrics);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(file->AddRecord({"syntax", std::to_string(i), "f", i, 0, "x"}).ok());
    EXPECT_LE(tests::ReadFile(options.path).size(), 2000U);
    if (i == 50) {
      file.reset();  // a restart forgets no count
      file = MustMake(options, &metrics);
    }
  }
  size_t kept = Lines(options.path).size() + Lines(options.path + ".1").size();
  EXPECT_EQ(Text(Lines(options.path).back(), "detail"), "99");
  EXPECT_LT(kept, 40U);
  EXPECT_EQ(Metric(metrics, R"(keywatch_dlq_discarded_total{file="dead.jsonl"})"),
            100.0 - static_cast<double>(kept));
}

TEST(DeadLetterFileTest, AFullDiskIsAnErrorAndNotCountedAsWritten) {
  MetricRegistry metrics;
  DeadLetterOptions options;
  options.path = "/dev/full";
  options.reasons = {"syntax"};
  auto file = MustMake(options, &metrics);
  EXPECT_EQ(file->AddRecord({"syntax", "", "f", 0, 0, "x"}).code(), StatusCode::kUnavailable);
  EXPECT_EQ(Metric(metrics, R"(keywatch_dlq_records_total{reason="syntax",sink="decoder"})"), 0);
  EXPECT_EQ(Metric(metrics, R"(keywatch_dlq_failures_total{file="full"})"), 1);
}

}  // namespace
}  // namespace keywatch::file
