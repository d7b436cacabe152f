#include "engine/pipeline/worker_probe.h"

#include <gtest/gtest.h>

#include "tests/support/text_match.h"

namespace keywatch::pipeline {
namespace {

using tests::HasLine;

class WorkerProbeTest : public testing::Test {
 protected:
  WorkerProbeTest() {
    rule.id = "r";
    rule.name = "A name";
    rule.version = "1.0.0";
    rule.sha256 = "ab";
    report.rule = &rule;
  }

  rule::Rule rule;
  RuleReport report;
  MetricRegistry metrics;
};

TEST_F(WorkerProbeTest, TheInfoOfARuleMapsItsIdToItsName) {
  WorkerProbe probe(&metrics, {}, {report}, 100);
  EXPECT_TRUE(
      HasLine(metrics.Expose(),
              R"(keywatch_rule_info{name="A name",rule_id="r",sha256="ab",version="1.0.0"} 1)"));
  EXPECT_TRUE(HasLine(metrics.Expose(), "keywatch_state_entries_limit 100"));
}

TEST_F(WorkerProbeTest, WhatASnapshotBroughtIsNotCountedAgain) {
  WorkerProbe probe(&metrics, {}, {report}, 100);
  report.evictions = 5;
  report.late_rows = 3;
  probe.TakeUp({report});
  probe.Update({report}, 0, 0);
  EXPECT_TRUE(
      HasLine(metrics.Expose(), R"(keywatch_state_evictions_total{reason="rows",rule_id="r"} 0)"));
  EXPECT_TRUE(HasLine(metrics.Expose(), R"(keywatch_events_late_total{policy="evaluated"} 0)"));
  report.evictions = 7;
  report.late_rows = 4;
  probe.Update({report}, 0, 0);
  EXPECT_TRUE(
      HasLine(metrics.Expose(), R"(keywatch_state_evictions_total{reason="rows",rule_id="r"} 2)"));
  EXPECT_TRUE(HasLine(metrics.Expose(), R"(keywatch_events_late_total{policy="evaluated"} 1)"));
}

TEST_F(WorkerProbeTest, WhatRulesAndTheScanCost) {
  WorkerProbe probe(&metrics, {}, {report}, 100);
  report.busy = 3 * record::kTicksPerSecond;
  probe.Update({report}, 0, 0);
  probe.Update({2 * record::kTicksPerSecond, 4096, 3}, 0);
  std::string text = metrics.Expose();
  EXPECT_TRUE(HasLine(text, R"(keywatch_rule_evaluation_seconds_total{rule_id="r"} 3)"));
  EXPECT_TRUE(HasLine(text, "keywatch_scan_seconds_total 2"));
  EXPECT_TRUE(HasLine(text, "keywatch_computed_columns_bytes 4096"));
  EXPECT_TRUE(HasLine(text, "keywatch_computed_columns_resets_total 3"));
  EXPECT_TRUE(HasLine(text, "keywatch_checkpoint_unsaved_since_timestamp_seconds 0"));
  probe.Update({2 * record::kTicksPerSecond, 0, 3}, record::kUnixEpoch + record::kTicksPerSecond);
  EXPECT_TRUE(HasLine(metrics.Expose(), "keywatch_checkpoint_unsaved_since_timestamp_seconds 1"));
}

TEST_F(WorkerProbeTest, BlindSpans) {
  WorkerProbe probe(&metrics, {}, {}, 100);
  BlindIntervals blind;
  const record::Ticks now = record::kUnixEpoch;
  blind.LookAtSource("kafka", {0, 0, now}, now + record::kTicksPerSecond);
  blind.LookAtSource("kafka", {1, 9, now}, now + 2 * record::kTicksPerSecond);
  blind.LookAtSource(
      "kafka", {1, 9, now + record::kTicksPerMinute}, now + 3 * record::kTicksPerSecond);
  probe.Update(blind);
  probe.Update(blind);
  std::string text = metrics.Expose();
  EXPECT_TRUE(HasLine(text, R"(keywatch_blind_intervals_total{reason="gap"} 1)"));
  EXPECT_TRUE(HasLine(text, R"(keywatch_blind_seconds_total{reason="gap"} 60)"));
  EXPECT_TRUE(HasLine(text, R"(keywatch_blind_last_noticed_timestamp_seconds{reason="gap"} 2)"));
  EXPECT_TRUE(HasLine(text, R"(keywatch_blind_intervals_total{reason="eviction"} 0)"));
  EXPECT_TRUE(
      HasLine(text, R"(keywatch_blind_last_noticed_timestamp_seconds{reason="eviction"} 0)"));
}

}  // namespace
}  // namespace keywatch::pipeline
