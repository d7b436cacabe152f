#include "app/page/alert_view.h"

#include <gtest/gtest.h>

#include "engine/alert/alert_json.h"

namespace keywatch::app::page {
namespace {

constexpr Ticks kTime = record::kUnixEpoch + 20'000 * record::kTicksPerDay;

alert::Alert MakeAlert() {
  alert::Alert alert;
  alert.id = "00112233445566778899aabbccddeeff";
  alert.rule = {"rule-id", "A rule", "1.2.0", "Scheduled", std::string(64, 'a')};
  alert.severity = "High";
  alert.tactics = {"Impact"};
  alert.title = "Purge by \"x\"";
  alert.entities = {{"IP", {{"Address", "203.0.113.7"}}},
                    {"AzureResource", {{"ResourceId", "/subscriptions/s/vaults/Prod"}}}};
  alert.custom_details = {{"Count", record::Value::Long(9007199254740993)}};
  alert.row = {{"Caller", record::Value::String("eve")}};
  alert.interval_start = alert.first_event = kTime;
  alert.last_event = kTime + 5;
  alert.latency = {kTime, 0, kTime + 2, kTime + 3};
  record::Evidence evidence;
  evidence.record =
      R"({"time":"2024-10-04T00:00:00Z","operationName":"SecretPurge","resourceId":"/SUBSCRIPTIONS/S/VAULTS/PROD","callerIpAddress":"203.0.113.7","resultSignature":"OK","n":1.2300})";
  evidence.origin = "audit/3";
  evidence.offset = 42;
  alert.evidence.push_back(evidence);
  return alert;
}

TEST(AlertView, ReadsWhatTheWriterWrites) {
  AlertView view = ReadAlert(alert::ToJson(MakeAlert()));
  EXPECT_EQ(view.id, "00112233445566778899aabbccddeeff");
  EXPECT_EQ(view.rule_name, "A rule");
  EXPECT_EQ(view.rule_sha256, std::string(64, 'a'));
  EXPECT_EQ(view.title, "Purge by \"x\"");
  EXPECT_EQ(view.tactics, std::vector<std::string>{"Impact"});
  ASSERT_EQ(view.entities.size(), 2U);
  EXPECT_EQ(view.entities[0].identifiers[0].second, "203.0.113.7");
  EXPECT_EQ(view.custom_details[0].second, "9007199254740993");
  EXPECT_EQ(view.row[0].second, "eve");
  EXPECT_EQ(view.last_event, kTime + 5);
  EXPECT_EQ(view.broker_time, 0) << "unknown";
  EXPECT_EQ(view.evaluated_time, kTime + 3);
  ASSERT_EQ(view.evidence.size(), 1U);
  EXPECT_EQ(view.evidence[0].record, MakeAlert().evidence[0].record) << "verbatim";
  EXPECT_EQ(view.evidence[0].operation, "SecretPurge");
  EXPECT_EQ(view.evidence[0].offset, "42");
  EXPECT_EQ(view.resources, std::vector<std::string>{"/subscriptions/s/vaults/prod"});
}

TEST(AlertView, OfTheEndKnowsWhen) {
  std::string raised = alert::ToJson(MakeAlert());
  EXPECT_EQ(ReadAlert(raised).ended, 0);
  EXPECT_EQ(ReadAlert(alert::EndedJson(raised, kTime + 9)).ended, kTime + 9);
}

TEST(AlertView, ARecordThatIsNoJsonIsShownAsItIs) {
  alert::Alert alert = MakeAlert();
  alert.evidence[0].record = "{\"time\": <script>";
  AlertView view = ReadAlert(alert::ToJson(alert));
  EXPECT_EQ(view.evidence[0].record, "{\"time\": <script>");
  EXPECT_EQ(view.evidence[0].time, 0);
}

TEST(AlertView, OfNothingIsEmpty) {
  EXPECT_EQ(ReadAlert("").title, "");
  EXPECT_TRUE(ReadAlert("[]").entities.empty());
}

TEST(AlertView, ShortResource) {
  EXPECT_EQ(ShortResource("/a/vaults/kv1"), "kv1");
  EXPECT_EQ(ShortResource("kv1"), "kv1");
}

}  // namespace
}  // namespace keywatch::app::page
