#include "engine/alert/alert_json.h"

#include <limits>

#include <gtest/gtest.h>

#include "engine/record/dynamic.h"

namespace keywatch::alert {
namespace {

using record::Dynamic;
using record::Value;

constexpr record::Ticks kTime = record::kUnixEpoch + 20'000 * record::kTicksPerDay;

Alert Example() {
  Alert alert;
  alert.id = "00112233445566778899aabbccddeeff";
  alert.rule = {"5b9d8a5e-0000-4000-8000-000000000001",
                "Repeated 403s",
                "1.0.0",
                "Scheduled",
                std::string(64, 'a')};
  alert.severity = "High";
  alert.tactics = {"CredentialAccess"};
  alert.techniques = {"T1110"};
  alert.title = "Repeated 403s by \"x\"";
  alert.description = "Line one\nline two";
  alert.entities = {{"IP", {{"Address", "203.0.113.7"}}}};
  alert.custom_details = {{"Denials", Value::Long(10)}};
  alert.interval_start = kTime;
  alert.first_event = kTime - record::kTicksPerSecond;
  alert.last_event = kTime;
  alert.row = {{"When", Value::Datetime(kTime)},
               {"Span", Value::Timespan(record::kTicksPerDay)},
               {"Real", Value::Real(1.5)},
               {"Whole", Value::Real(2)},
               {"Flag", Value::Bool(true)},
               {"None", Value::Null(record::Type::kLong)},
               {"Bag", Value::Of(*record::ParseJson(R"({"a":[1,"x"]})"))},
               {"Guid", Value::Guid("5b9d8a5e-0000-4000-8000-000000000001")},
               {"A\"b", Value::String("t\tx")}};
  alert.evidence = {{R"({"time":"2024-10-04T00:00:00Z"})", "topic/3", 42, 1}};
  alert.latency = {kTime, 0, kTime + 1, kTime + 2};
  return alert;
}

TEST(AlertJsonTest, CanonicalForm) {
  EXPECT_EQ(
      ToJson(Example()),
      R"({"type":"alert.raised","schemaVersion":1,"id":"00112233445566778899aabbccddeeff",)"
      R"("rule":{"id":"5b9d8a5e-0000-4000-8000-000000000001","name":"Repeated 403s",)"
      R"("version":"1.0.0","kind":"Scheduled",)"
      R"("sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},)"
      R"("severity":"High","tactics":["CredentialAccess"],"techniques":["T1110"],)"
      R"("title":"Repeated 403s by \"x\"","description":"Line one\nline two",)"
      R"("entities":[{"type":"IP","identifiers":{"Address":"203.0.113.7"}}],)"
      R"("customDetails":{"Denials":10},"intervalStart":"2024-10-04T00:00:00.0000000Z",)"
      R"("firstEvent":"2024-10-03T23:59:59.0000000Z","lastEvent":"2024-10-04T00:00:00.0000000Z",)"
      R"("row":{"When":"2024-10-04T00:00:00.0000000Z","Span":"1.00:00:00","Real":1.5,"Whole":2.0,)"
      R"("Flag":true,"None":null,"Bag":{"a":[1,"x"]},)"
      R"("Guid":"5b9d8a5e-0000-4000-8000-000000000001","A\"b":"t\tx"},)"
      R"("evidence":[{"origin":"topic/3","offset":42,"index":1,)"
      R"("record":{"time":"2024-10-04T00:00:00Z"}}],)"
      R"("latency":{"eventTime":"2024-10-04T00:00:00.0000000Z","brokerTime":null,)"
      R"("readTime":"2024-10-04T00:00:00.0000001Z","evaluatedTime":"2024-10-04T00:00:00.0000002Z"},)"
      R"("truncated":[]})");
}

TEST(AlertJsonTest, AnEmptyAlertIsStillWhole) {
  std::optional<Dynamic> json = record::ParseJson(ToJson(Alert()));
  ASSERT_TRUE(json);
  EXPECT_EQ(json->object()->size(), 18U);
  EXPECT_TRUE(json->Find("intervalStart")->is_null());
}

TEST(AlertJsonTest, NotANumberIsText) {
  Alert alert;
  alert.row = {{"a", Value::Real(std::numeric_limits<double>::quiet_NaN())},
               {"b", Value::Real(-std::numeric_limits<double>::infinity())}};
  EXPECT_NE(ToJson(alert).find(R"("row":{"a":"NaN","b":"-Infinity"})"), std::string::npos);
}

std::string EvidenceOf(const std::string& record) {
  Alert alert;
  alert.evidence = {{record, "o", 0, 0}};
  std::string json = ToJson(alert);
  EXPECT_TRUE(record::ParseJson(json)) << json;
  EXPECT_EQ(json.find('\n'), std::string::npos);
  size_t from = json.find("\"record\":") + 9;
  return json.substr(from, json.find("}],\"latency\"") - from);
}

TEST(AlertJsonTest, EvidenceIsVerbatimWhereItCanBe) {
  EXPECT_EQ(EvidenceOf(R"({"a" : 1.10, "b":"\u0041"})"), R"({"a" : 1.10, "b":"\u0041"})");
  EXPECT_EQ(EvidenceOf("{\"a\":1,\r\n \"b\":2}"), "{\"a\":1,   \"b\":2}");
}

// A record must not be able to break the alert that reports it.
TEST(AlertJsonTest, EvidenceThatSomeReaderRefusesIsAString) {
  EXPECT_EQ(EvidenceOf(R"({"a":1e999})"), R"("{\"a\":1e999}")");
  EXPECT_EQ(EvidenceOf(R"({"a":"\ud800"})"), R"("{\"a\":\"\\ud800\"}")");
  EXPECT_EQ(EvidenceOf("{\"a\":\n"), R"("{\"a\":\n")");
  EXPECT_EQ(EvidenceOf("\xff"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(EvidenceOf(R"(},"id":"x")"), R"("},\"id\":\"x\"")");
}

TEST(AlertJsonTest, CutsAreNamed) {
  Alert alert = Example();
  alert.title = std::string(100, 'a') + "é";
  alert.row = {{"a/b~", Value::String(std::string(200, 'x'))},
               {"bag", Value::Of(*record::ParseJson("[\"" + std::string(200, 'y') + "\"]"))}};
  alert.evidence[0].record = "\"" + std::string(500, 'z') + "\"";
  alert.entities.resize(4);
  JsonLimits limits;
  limits.text = 101;
  limits.evidence = 300;
  limits.items = 3;
  std::optional<Dynamic> json = record::ParseJson(ToJson(alert, limits));
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->Find("title")->string(), std::string(100, 'a'));
  EXPECT_EQ(json->Find("row")->Find("bag")->string()->substr(0, 4), "[\"yy");
  EXPECT_EQ(json->Find("evidence")->At(0)->Find("record")->string()->size(), 300U);
  EXPECT_EQ(record::ToJson(*json->Find("truncated")),
            R"(["/title","/entities","/row/a~1b~0","/row/bag","/evidence/0/record"])");
}

TEST(AlertJsonTest, TheWholeIsBounded) {
  Alert alert = Example();
  std::string hard(17'000, '\x01');  // six bytes each once escaped
  for (int i = 0; i < 40; ++i) {
    alert.tactics.push_back(hard);
    alert.row.emplace_back("c" + std::to_string(i) + hard, Value::String(hard));
    alert.evidence.push_back({hard, hard, i, 0});
    alert.entities.push_back({hard, {{hard, hard}}});
  }
  alert.techniques.assign(600, "T1110");
  alert.title = alert.description = alert.rule.name = alert.severity = hard;
  for (size_t most : {20'000U, 100'000U, 512U << 10}) {
    JsonLimits limits;
    limits.alert = most;
    std::string text = ToJson(alert, limits);
    EXPECT_LE(text.size(), most);
    std::optional<Dynamic> json = record::ParseJson(text);
    ASSERT_TRUE(json);
    EXPECT_EQ(*json->Find("id")->string(), Example().id);
    EXPECT_GT(json->Find("truncated")->array()->size(), 2U);
    EXPECT_EQ(*json->Find("latency")->Find("eventTime")->string(), "2024-10-04T00:00:00.0000000Z");
  }
}

TEST(AlertJsonTest, AnEndIsTheAlertWithItsTime) {
  std::string raised = ToJson(Example());
  std::string ended = EndedJson(raised, record::kUnixEpoch);
  std::optional<Dynamic> json = record::ParseJson(ended);
  ASSERT_TRUE(json) << ended;
  EXPECT_EQ(*json->Find("type")->string(), "alert.ended");
  EXPECT_EQ(*json->Find("ended")->string(), "1970-01-01T00:00:00.0000000Z");
  EXPECT_EQ(ended.substr(ended.find(",\"schemaVersion\"")),
            raised.substr(raised.find(",\"schemaVersion\"")));
}

}  // namespace
}  // namespace keywatch::alert
