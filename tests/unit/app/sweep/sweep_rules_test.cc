// A rule with a threshold over records that are counted by hand.
#include "app/sweep/sweep_rules.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/sweep/sweep_report.h"
#include "tests/support/temp_dir.h"

namespace keywatch::app {
namespace {

constexpr char kRule[] = R"(id: 11111111-2222-4333-8444-555555555555
name: Refused often
description: Counts refusals.
kind: Scheduled
severity: Low
queryFrequency: 5m
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [Impact]
relevantTechniques: [T1485]
version: 1.0.0
query: |
  let threshold = 3;  // refusals an hour
  let window = 1h;
  let twice = threshold * 2;
  let names = dynamic([]);
  AzureDiagnostics
  | where httpStatusCode_d == 403 and TimeGenerated > ago(window)
  | summarize N = count() by CallerIPAddress
  | where N >= threshold
entityMappings:
  - {entityType: IP, fieldMappings: [{identifier: Address, columnName: CallerIPAddress}]}
)";

// What changes from test to test is the rule's query.
std::string WithBaseline() {
  std::string text = kRule;
  const std::string query = text.substr(text.find("  let threshold"),
                                        text.find("entityMappings") - text.find("  let threshold"));
  text.replace(text.find(query),
               query.size(),
               "  let least = 1;\n"
               "  let known = AzureDiagnostics | where TimeGenerated < ago(1h) | distinct "
               "CallerIPAddress;\n"
               "  AzureDiagnostics | where TimeGenerated > ago(1h)\n"
               "  | join kind=leftanti known on CallerIPAddress\n"
               "  | summarize N = count() by CallerIPAddress | where N >= least\n");
  text.replace(text.find("queryFrequency: 5m"), 18, "queryFrequency: 1h");
  text.replace(text.find("queryPeriod: 1h"), 15, "queryPeriod: 2d");
  return text;
}

std::string Refusal(int minute, const std::string& address, int number) {
  return R"({"time":"2026-03-0)" + std::to_string(1 + minute / 1440) + "T" +
         (minute / 60 % 24 < 10 ? "0" : "") + std::to_string(minute / 60 % 24) + ":" +
         (minute % 60 < 10 ? "0" : "") + std::to_string(minute % 60) +
         R"(:00Z","category":"AuditEvent","operationName":"SecretGet","resultType":"Success",)" +
         R"("correlationId":"c)" + std::to_string(number) + R"(","callerIpAddress":")" + address +
         R"(","properties":{"httpStatusCode":403},)" +
         R"("resourceId":"/SUBSCRIPTIONS/1/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V"})"
         "\n";
}

class SweepTest : public testing::Test {
 protected:
  SweepTest() { tests::WriteFile(rule_, kRule); }

  // Within an hour: a is refused twice, b four times, c seven times. Each record stands there
  // twice.
  void WriteRefusals() {
    std::string lines;
    int number = 0;
    for (const auto& [address, count] :
         std::vector<std::pair<std::string, int>>{{"a", 2}, {"b", 4}, {"c", 7}}) {
      for (int i = 0; i < count; ++i) {
        const std::string line = Refusal(600 + i, address, ++number);
        lines += line + line;
      }
    }
    tests::WriteFile(records_, lines);
  }

  Result<SweepResult> Run(const std::string& request, bool raise_while_learning = false) {
    SweepPlan plan = PlanSweep(rule_, request, record::SchemaCatalog::Builtin());
    EXPECT_EQ(plan.error, "");
    return Sweep(
        std::move(plan), {records_}, raise_while_learning, record::SchemaCatalog::Builtin(), stop_);
  }

  std::string Error(const std::string& request) {
    return PlanSweep(rule_, request, record::SchemaCatalog::Builtin()).error;
  }

  tests::TempDir dir_;
  std::string rule_ = dir_.File("rule.yaml");
  std::string records_ = dir_.File("records.jsonl");
  std::atomic<bool> stop_ = false;
};

TEST_F(SweepTest, CountsWhatEachValueRaises) {
  WriteRefusals();
  Result<SweepResult> result = Run("threshold=2..8");
  ASSERT_TRUE(result) << result.error().message();
  std::vector<uint64_t> alerts;
  std::vector<size_t> addresses;
  for (const SweptValue& value : result->values) {
    alerts.push_back(value.tally.alerts());
    addresses.push_back(value.tally.Entities("IP"));
  }
  EXPECT_EQ(alerts, (std::vector<uint64_t>{3, 2, 2, 1, 1, 1, 0}));
  EXPECT_EQ(addresses, (std::vector<size_t>{3, 2, 2, 1, 1, 1, 0}));
  EXPECT_EQ(result->values[1].value, "3");
  EXPECT_TRUE(result->values[1].written);
  EXPECT_FALSE(result->values[0].written);
  EXPECT_EQ(result->values[3].tally.First("IP"), (std::vector<std::string>{"c"}));
  EXPECT_EQ(result->history.rows, 26U);
  EXPECT_EQ(result->history.duplicates, 13U);
}

TEST_F(SweepTest, ATimespan) {
  WriteRefusals();
  // Refusals are a minute apart: of c's seven, the last three are in 3 minutes.
  Result<SweepResult> result = Run("window=2m,3m,1h");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->values[0].tally.alerts(), 0U);
  EXPECT_EQ(result->values[1].tally.alerts(), 2U);
  EXPECT_EQ(result->values[2].tally.alerts(), 2U);
  EXPECT_TRUE(result->values[2].written);
}

TEST_F(SweepTest, TheTableTheBarsAndTheJson) {
  WriteRefusals();
  Result<SweepResult> result = Run("threshold=2..8:3");
  ASSERT_TRUE(result);
  EXPECT_EQ(SweepText(*result),
            rule_ +
                ": Refused often\n"
                "13 records, 2026-03-01T10:00:00Z to 2026-03-01T10:06:00Z\n\n"
                "threshold  alerts  per day  IP  first IP\n"
                "        2       3     3.00   3  a, b, c\n"
                "        5       1     1.00   1  c\n"
                "        8       0     0.00   0\n\n"
                "2 |######################################## 3\n"
                "5 |############## 1\n"
                "8 |0\n");
  const auto json = nlohmann::json::parse(SweepJson(*result));
  EXPECT_EQ(json["rule"]["name"], "Refused often");
  EXPECT_EQ(json["history"]["records"], 13);
  EXPECT_EQ(json["values"][1]["value"], "5");
  EXPECT_EQ(json["values"][1]["alerts"], 1);
  EXPECT_EQ(json["values"][1]["entities"]["IP"]["first"][0], "c");
  EXPECT_EQ(json["values"][1]["in_file"], false);
}

TEST_F(SweepTest, ABaselineThatIsNotCoveredIsSaid) {
  tests::WriteFile(rule_, WithBaseline());
  WriteRefusals();
  Result<SweepResult> held = Run("least=1..3");
  ASSERT_TRUE(held);
  EXPECT_EQ(held->values[0].tally.alerts(), 0U);
  EXPECT_NE(SweepText(*held).find("covered at 2026-03-03"), std::string::npos) << SweepText(*held);
  Result<SweepResult> raised = Run("least=1..3", /*raise_while_learning=*/true);
  ASSERT_TRUE(raised);
  EXPECT_EQ(raised->values[0].tally.alerts(), 3U);
  EXPECT_EQ(raised->values[2].tally.alerts(), 2U);
}

TEST_F(SweepTest, DaysCountFromWhenTheBaselineIsCovered) {
  tests::WriteFile(rule_, WithBaseline());
  std::string lines;
  for (int day = 0; day <= 6; ++day)
    lines += Refusal(day * 1440, "d" + std::to_string(day), day);
  tests::WriteFile(records_, lines);
  Result<SweepResult> result = Run("least=1,2");
  ASSERT_TRUE(result);
  // Of six days the first two are learned from.
  EXPECT_NEAR(result->values[0].days, 4, 0.1);
  EXPECT_NE(SweepText(*result).find("per day counts from there"), std::string::npos);
}

TEST_F(SweepTest, WhatCannotBeSwept) {
  auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  const std::string unknown = Error("treshold=1..3");
  EXPECT_TRUE(has(unknown,
                  "no parameter: treshold; did you mean threshold? its parameters are: threshold, "
                  "window, names"))
      << unknown;
  const std::string computed = Error("twice=1..3");
  EXPECT_TRUE(has(computed, rule_ + ":16:7: error: its value is computed, not written: twice"))
      << computed;
  const std::string list = Error("names=1,2");
  EXPECT_TRUE(has(list, rule_ + ":17:15: error: --param: expected a parameter that is a number"))
      << list;
  EXPECT_TRUE(has(Error("threshold=1..999"), "999 values, at most 200"));
  EXPECT_TRUE(has(Error("threshold"), "expected NAME=VALUES"));
  EXPECT_TRUE(has(PlanSweep(dir_.File("none.yaml"), "a=1", record::SchemaCatalog::Builtin()).error,
                  "none.yaml"));
}

}  // namespace
}  // namespace keywatch::app
