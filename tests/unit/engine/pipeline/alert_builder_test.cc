#include "engine/pipeline/alert_builder.h"

#include <gtest/gtest.h>

#include "engine/alert/alert_id.h"
#include "tests/support/rule_of.h"

namespace keywatch::pipeline {
namespace {

using record::Value;
using tests::RuleOf;

constexpr char kQuery[] =
    "AzureDiagnostics | summarize N = count() by CallerIPAddress, OperationName";

// A result row of kQuery.
delta::Finding FindingOf(const std::string& address, const std::string& operation) {
  delta::Finding finding;
  finding.key = {Value::String(address), Value::String(operation)};
  finding.start = 700;
  finding.row = {Value::String(address), Value::String(operation), Value::Long(3)};
  finding.first_event = 500;
  finding.last_event = 700;
  return finding;
}

TEST(AlertBuilder, SaysWhatTheRuleSays) {
  rule::CompiledRule rule = RuleOf(kQuery);
  alert::Alert alert = BuildAlert(rule, FindingOf("203.0.113.7", "KeyGet"), 900);
  EXPECT_EQ(alert.id, alert::AlertId(tests::kRuleId, FindingOf("203.0.113.7", "KeyGet").key, 700));
  EXPECT_EQ(alert.rule.id, tests::kRuleId);
  EXPECT_EQ(alert.rule.name, "Rule");
  EXPECT_EQ(alert.rule.version, "1.2.3");
  EXPECT_EQ(alert.rule.kind, "Scheduled");
  EXPECT_EQ(alert.rule.sha256, rule.rule.sha256);
  EXPECT_EQ(alert.severity, "Low");
  EXPECT_EQ(alert.title, "Rule");
  EXPECT_EQ(alert.description, "About it.");
  EXPECT_EQ(alert.tactics, std::vector<std::string>{"Impact"});
  EXPECT_EQ(alert.techniques, std::vector<std::string>{"T1485"});
  EXPECT_TRUE(alert.entities.empty());
  EXPECT_EQ(alert.interval_start, 700);
  EXPECT_EQ(alert.first_event, 500);
  EXPECT_EQ(alert.last_event, 700);
}

TEST(AlertBuilder, TheRowIsNamedInTheOrderOfTheResult) {
  alert::Alert alert = BuildAlert(RuleOf(kQuery), FindingOf("203.0.113.7", "KeyGet"), 900);
  ASSERT_EQ(alert.row.size(), 3U);
  EXPECT_EQ(alert.row[0].first, "CallerIPAddress");
  EXPECT_EQ(alert.row[0].second.string(), "203.0.113.7");
  EXPECT_EQ(alert.row[1].first, "OperationName");
  EXPECT_EQ(alert.row[2].first, "N");
  EXPECT_EQ(alert.row[2].second.integral(), 3);
}

TEST(AlertBuilder, TextsAndDetailsAreFilledFromTheRow) {
  rule::CompiledRule rule = RuleOf(kQuery,
                                   "alertDetailsOverride:\n"
                                   "  alertDisplayNameFormat: '{{N}} times {{OperationName}}'\n"
                                   "  alertDescriptionFormat: 'From {{CallerIPAddress}}.'\n"
                                   "customDetails:\n  Times: N\n");
  alert::Alert alert = BuildAlert(rule, FindingOf("203.0.113.7", "KeyGet"), 900);
  EXPECT_EQ(alert.title, "3 times KeyGet");
  EXPECT_EQ(alert.description, "From 203.0.113.7.");
  ASSERT_EQ(alert.custom_details.size(), 1U);
  EXPECT_EQ(alert.custom_details[0].first, "Times");
  EXPECT_EQ(alert.custom_details[0].second.integral(), 3);  // a number, not its text
}

TEST(AlertBuilder, SeverityAndTacticsOfTheRowCountWhenTheySayOne) {
  rule::CompiledRule rule = RuleOf(kQuery,
                                   "alertDetailsOverride:\n"
                                   "  alertSeverityColumnName: CallerIPAddress\n"
                                   "  alertTacticsColumnName: OperationName\n");
  alert::Alert alert = BuildAlert(rule, FindingOf("high", "Persistence"), 900);
  EXPECT_EQ(alert.severity, "High");
  EXPECT_EQ(alert.tactics, std::vector<std::string>{"Persistence"});
  alert = BuildAlert(rule, FindingOf("dreadful", ""), 900);
  EXPECT_EQ(alert.severity, "Low");
  EXPECT_EQ(alert.tactics, std::vector<std::string>{"Impact"});
}

TEST(AlertBuilder, AnEntityWithoutAnyIdentifierIsLeftOut) {
  rule::CompiledRule rule =
      RuleOf(kQuery,
             "entityMappings:\n"
             "  - entityType: IP\n"
             "    fieldMappings: [{identifier: Address, columnName: CallerIPAddress}]\n"
             "  - entityType: Account\n"
             "    fieldMappings: [{identifier: Name, columnName: OperationName},\n"
             "                    {identifier: FullName, columnName: CallerIPAddress}]\n");
  alert::Alert alert = BuildAlert(rule, FindingOf("203.0.113.7", ""), 900);
  ASSERT_EQ(alert.entities.size(), 2U);
  EXPECT_EQ(alert.entities[0].type, "IP");
  EXPECT_EQ(alert.entities[0].identifiers[0],
            std::make_pair(std::string("Address"), std::string("203.0.113.7")));
  ASSERT_EQ(alert.entities[1].identifiers.size(), 1U);  // the empty one is left out
  EXPECT_EQ(alert.entities[1].identifiers[0].first, "FullName");
  EXPECT_TRUE(BuildAlert(rule, FindingOf("", ""), 900).entities.empty());
}

TEST(AlertBuilder, ThePassportIsThatOfTheLatestRecord) {
  delta::Finding finding = FindingOf("203.0.113.7", "KeyGet");
  for (int i = 0; i < 2; ++i) {
    record::Evidence evidence;
    evidence.record = "{" + std::to_string(i) + "}";
    evidence.broker_time = 710 + i;
    evidence.read_time = 720 + i;
    finding.evidence.push_back(std::make_shared<const record::Evidence>(evidence));
  }
  alert::Alert alert = BuildAlert(RuleOf(kQuery), finding, 900);
  ASSERT_EQ(alert.evidence.size(), 2U);
  EXPECT_EQ(alert.evidence[1].record, "{1}");
  EXPECT_EQ(alert.latency.event, 700);
  EXPECT_EQ(alert.latency.broker, 711);
  EXPECT_EQ(alert.latency.read, 721);
  EXPECT_EQ(alert.latency.evaluated, 900);
}

TEST(AlertBuilder, WithoutEvidenceTheStationsAreUnknown) {
  alert::Alert alert = BuildAlert(RuleOf(kQuery), FindingOf("203.0.113.7", "KeyGet"), 900);
  EXPECT_EQ(alert.latency.broker, 0);
  EXPECT_EQ(alert.latency.read, 0);
}

}  // namespace
}  // namespace keywatch::pipeline
