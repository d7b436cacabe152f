#include "connectors/file/json_lines_sink.h"

#include <gtest/gtest.h>

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
