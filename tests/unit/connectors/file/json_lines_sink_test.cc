#include "connectors/file/json_lines_sink.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "engine/alert/alert_json.h"
#include "tests/support/temp_dir.h"

namespace keywatch::file {
namespace {

TEST(JsonLinesSinkTest, OneLineAnAlert) {
  tests::TempDir dir;
  auto sink = JsonLinesSink::Make({"file", dir.File("alerts.jsonl"), true});
  ASSERT_TRUE(sink);
  EXPECT_EQ((*sink)->name(), "file");
  for (const char* json : {"{\"a\":1}", "{\"b\":2}"}) {
    EXPECT_EQ((*sink)->Deliver({"id", "rule", "High", json}).outcome,
              pipeline::DeliveryOutcome::kAccepted);
  }
  EXPECT_EQ(tests::ReadFile(dir.File("alerts.jsonl")), "{\"a\":1}\n{\"b\":2}\n");
}

TEST(JsonLinesSinkTest, IsRotatedBySizeAndCount) {
  tests::TempDir dir;
  JsonLinesOptions options{"file", dir.File("a"), false};
  options.most_bytes = 20;
  options.keep = 2;
  auto sink = JsonLinesSink::Make(options);
  ASSERT_TRUE(sink);
  for (int i = 1; i <= 9; ++i)
    (*sink)->Deliver({"id", "rule", "High", "{\"n\":" + std::to_string(i) + "}"});
  EXPECT_EQ(tests::ReadFile(dir.File("a")), "{\"n\":9}\n");
  EXPECT_EQ(tests::ReadFile(dir.File("a.1")), "{\"n\":7}\n{\"n\":8}\n");
  EXPECT_EQ(tests::ReadFile(dir.File("a.2")), "{\"n\":5}\n{\"n\":6}\n");
  EXPECT_FALSE(std::filesystem::exists(dir.File("a.3")));
}

TEST(JsonLinesSinkTest, WritesTheFormat) {
  tests::TempDir dir;
  JsonLinesOptions options{"file", dir.File("a"), false};
  options.format = format::Format::kCef;
  auto sink = JsonLinesSink::Make(options);
  ASSERT_TRUE(sink);
  EXPECT_EQ((*sink)->Deliver({"id", "rule", "High", "{}"}).outcome,
            pipeline::DeliveryOutcome::kReject);
  alert::Alert alert;
  alert.severity = "High";
  EXPECT_EQ((*sink)->Deliver({"id", "rule", "High", alert::ToJson(alert)}).outcome,
            pipeline::DeliveryOutcome::kAccepted);
  EXPECT_EQ(tests::ReadFile(dir.File("a")).substr(0, 23), "CEF:0|keywatch|keywatch");
}

TEST(JsonLinesSinkTest, AFullDiskIsRetried) {
  auto sink = JsonLinesSink::Make({"file", "/dev/full", false});
  ASSERT_TRUE(sink);
  pipeline::DeliveryResult result = (*sink)->Deliver({"id", "rule", "High", "{}"});
  EXPECT_EQ(result.outcome, pipeline::DeliveryOutcome::kRetry);
  EXPECT_EQ(result.reason, "file");
  EXPECT_NE(result.detail.find("/dev/full"), std::string::npos);
}

TEST(JsonLinesSinkTest, AWrongPathIsFoundAtStart) {
  auto sink = JsonLinesSink::Make({"file", "/nowhere/alerts.jsonl", true});
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().code(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace keywatch::file
