#include "engine/rule/rule_test_file.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "engine/record/dynamic.h"
#include "engine/rule/rule_file.h"
#include "engine/rule/rule_search.h"
#include "tests/support/text_match.h"

namespace keywatch::rule {
namespace {

using tests::Has;

constexpr const char* kFile = R"(
start: 2026-11-01T10:00:00Z
templates:
  base:
    record:
      resourceId: /X
      identity.claim.oid: abc
      properties: {httpStatusCode: 403, nested: {a.b: 1}}
  child:
    template: base
    record: {callerIpAddress: '10.0.0.{n}', identity.claim.upn: u, properties.nested: null}
tests:
  - name: fires
    records:
      - {at: 1m, repeat: 2, every: 10s, template: child}
      - {at: 0s, late: 5m, deliver: 2, template: base, record: {operationName: '403', flag: true, none: null}}
      - {at: -1d, raw: '{"time":"{time}","operationName":"Key\u0052elease"}'}
    expect:
      - {severity: High, count: 2, entities: {IP: 10.0.0.1}, details: {N: 3}, row: {K: v}, at: 70s, title: T}
  - name: silent
    start: 2026-01-01
    learning: raise
    records: [{at: 0s, template: base}]
    expect: none
)";

RuleTestLoad Load(const std::string& text) {
  return ParseRuleTests({"dir/a.test.yaml", text, 1, 0});
}

std::string TestMessagesOf(const std::string& text) {
  RuleTestLoad load = Load(text);
  return Format(load.source, load.diagnostics);
}

record::Ticks At(const char* time) { return *record::ParseIsoDatetime(time); }

TEST(RuleTestFile, RecordsComeInTheOrderOfTheirArrival) {
  RuleTestLoad load = Load(kFile);
  ASSERT_TRUE(load.file) << Format(load.source, load.diagnostics);
  EXPECT_EQ(load.file->rule_path, "dir/a.yaml");
  const std::vector<TestRecord>& records = load.file->tests[0].records;
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records[0].time, At("2026-10-31T10:00:00Z"));
  EXPECT_EQ(records[1].time, At("2026-11-01T10:01:00Z"));
  EXPECT_EQ(records[2].time, At("2026-11-01T10:01:10Z"));
  EXPECT_EQ(records[3].time, At("2026-11-01T10:00:00Z"));
  EXPECT_EQ(records[3].arrival, At("2026-11-01T10:05:00Z"));
  EXPECT_EQ(records[3].json, records[4].json) << "a second delivery is the same record";
  EXPECT_NE(records[1].json, records[2].json);
}

TEST(RuleTestFile, TemplatesAreLaidOverEachOther) {
  RuleTestLoad load = Load(kFile);
  ASSERT_TRUE(load.file);
  const std::vector<TestRecord>& records = load.file->tests[0].records;
  EXPECT_EQ(records[2].json,
            R"({"resourceId":"/X","identity":{"claim":{"oid":"abc","upn":"u"}},)"
            R"("properties":{"httpStatusCode":403},"callerIpAddress":"10.0.0.2",)"
            R"("time":"2026-11-01T10:01:10.0000000Z","category":"AuditEvent",)"
            R"("correlationId":"00000000-0000-4000-8001-000100000002"})");
  EXPECT_EQ(records[0].json,
            R"({"time":"2026-10-31T10:00:00.0000000Z","operationName":"Key\u0052elease"})");
  std::optional<record::Dynamic> delayed = record::ParseJson(records[3].json);
  ASSERT_TRUE(delayed);
  EXPECT_EQ(*delayed->Find("operationName")->string(), "403") << "a quoted number is text";
  EXPECT_EQ(std::get<bool>(delayed->Find("flag")->held), true);
  EXPECT_EQ(delayed->Find("none"), nullptr);
  EXPECT_NE(delayed->Find("properties")->Find("nested")->Find("a.b"), nullptr)
      << "only the dots of an entry's own keys are paths";
}

TEST(RuleTestFile, ExpectationsAreRead) {
  RuleTestLoad load = Load(kFile);
  ASSERT_TRUE(load.file);
  const ExpectedAlert& alert = load.file->tests[0].alerts.at(0);
  EXPECT_EQ(alert.count, 2);
  EXPECT_EQ(alert.severity, AlertSeverity::kHigh);
  EXPECT_EQ(alert.at, At("2026-11-01T10:01:10Z"));
  EXPECT_EQ(alert.title, "T");
  EXPECT_EQ(alert.details[0].second, "3");
  const RuleTest& silent = load.file->tests[1];
  EXPECT_TRUE(silent.alerts.empty());
  EXPECT_TRUE(silent.raise_while_learning);
  EXPECT_EQ(silent.start, At("2026-01-01T00:00:00Z"));
}

std::string WithTest(const std::string& test) {
  return "templates: {base: {record: {a: 1}}}\ntests:\n  - " + test + "\n";
}

TEST(RuleTestFile, AMisspeltTestNeverPassesSilently) {
  EXPECT_TRUE(
      Has(TestMessagesOf(WithTest("{name: x, records: [{at: 0s, template: base}], expcet: none}")),
          "did you mean expect?"));
  EXPECT_TRUE(
      Has(TestMessagesOf(WithTest("{name: x, records: [{at: 0s, template: bse}], expect: none}")),
          "did you mean base?"));
  EXPECT_TRUE(
      Has(TestMessagesOf(WithTest("{name: x, records: [{at: 5, template: base}], expect: none}")),
          "at: expected a time from the start"));
  EXPECT_TRUE(Has(TestMessagesOf(WithTest("{name: x, records: [{at: 0s}], expect: none}")),
                  "expected a template, a record or raw"));
  EXPECT_TRUE(Has(TestMessagesOf(WithTest(
                      "{name: x, records: [{at: 0s, raw: a, template: base}], expect: none}")),
                  "found both"));
  EXPECT_TRUE(
      Has(TestMessagesOf(WithTest("{name: x, records: [], expect: none}")), "at least one record"));
  EXPECT_TRUE(Has(
      TestMessagesOf(WithTest("{name: x, records: [{at: 0s, template: base}], expect: silent}")),
      "expect: expected a list of alerts, or none, found silent"));
  EXPECT_TRUE(Has(
      TestMessagesOf(
          WithTest("{name: x, records: [{at: 0s, template: base}], expect: [{entites: {IP: 1}}]}")),
      "did you mean entities?"));
  EXPECT_TRUE(Has(TestMessagesOf("tests: []\n"), "at least one test"));
  EXPECT_TRUE(
      Has(TestMessagesOf(WithTest("{name: x, records: [{at: 0s, repeat: 50000, deliver: 1000, "
                                  "template: base}], expect: none}")),
          "at most 200000 records"));
}

// Every rule that is shipped loads without a word, and has tests that fire and tests that do not.
TEST(ShippedRules, LoadAndAreTested) {
  std::filesystem::path root = KEYWATCH_SOURCE_DIR;
  std::string rules = std::filesystem::canonical(root / "rules").string();
  std::vector<RuleLoad> loads = LoadRules({rules});
  EXPECT_GE(loads.size(), 3U);
  for (const RuleLoad& load : loads) {
    ASSERT_TRUE(load.rule) << Format(load.source, load.diagnostics);
    EXPECT_TRUE(load.diagnostics.all().empty()) << Format(load.source, load.diagnostics);
    RuleTestLoad tests = LoadRuleTests(TestFileOf(load.rule->path));
    ASSERT_TRUE(tests.file) << Format(tests.source, tests.diagnostics);
    EXPECT_EQ(tests.file->rule_path, load.rule->path);
    auto fires = [](const RuleTest& test) { return !test.alerts.empty(); };
    const std::vector<RuleTest>& all = tests.file->tests;
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), fires)) << load.rule->path;
    EXPECT_FALSE(std::all_of(all.begin(), all.end(), fires)) << load.rule->path;
    for (const RuleTest& test : all) {
      for (const TestRecord& record : test.records) {
        EXPECT_TRUE(record::ParseJson(record.json)) << test.name << record.json;
      }
    }
  }
}

}  // namespace
}  // namespace keywatch::rule
