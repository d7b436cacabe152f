#include "engine/rule/rule_file.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "engine/base/crypto.h"
#include "engine/rule/rule_search.h"
#include "tests/support/temp_dir.h"
#include "tests/support/text_match.h"

namespace keywatch::rule {
namespace {

using tests::Has;
using Texts = std::vector<std::string>;

constexpr const char* kGood = R"(id: D6491BE0-ab2d-439d-95d6-ad8ea39277c5
name: Sensitive Azure Key Vault operations
description: |
  'Identifies when sensitive operations are used.'
severity: Low
status: Available
requiredDataConnectors:
  - connectorId: AzureKeyVault
    dataTypes:
      - KeyVaultData
queryFrequency: 1d
queryPeriod: 14d
triggerOperator: gt
triggerThreshold: 0
tactics:
  - Impact
relevantTechniques:
  - T1485
  - T1078.004
query: |
  AzureDiagnostics
  | where ResourceType =~ "VAULTS"
entityMappings:
  - entityType: Account
    fieldMappings:
      - identifier: AadUserId
        columnName: Caller
      - identifier: Name
        columnName: UPN
  - entityType: IP
    fieldMappings:
      - identifier: Address
        columnName: CallerIPMax
customDetails:
  Zeta: Operations
  Alpha: Count
alertDetailsOverride:
  alertDisplayNameFormat: "{{Operation}} by {{Caller}} at once"
  alertSeverityColumnName: Severity
  alertDynamicProperties:
    - alertProperty: AlertLink
      value: Link
eventGroupingSettings:
  aggregationKind: AlertPerResult
suppressionEnabled: false
suppressionDuration: PT5H
version: 1.0.4
kind: scheduled
)";

// kGood with `from` replaced by `to`.
std::string Changed(const std::string& from, const std::string& to) {
  std::string text = kGood;
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string Messages(const RuleLoad& load) { return Format(load.source, load.diagnostics); }

std::string MessagesOf(const std::string& text) {
  return Messages(ParseRule({"r.yaml", text, 1, 0}));
}

TEST(ParseRule, ReadsWhatMicrosoftPublishes) {
  RuleLoad load = ParseRule({"r.yaml", kGood, 1, 0});
  ASSERT_TRUE(load.rule) << Messages(load);
  EXPECT_TRUE(load.diagnostics.all().empty()) << Messages(load);
  const Rule& rule = *load.rule;
  EXPECT_EQ(rule.id, "d6491be0-ab2d-439d-95d6-ad8ea39277c5");
  EXPECT_EQ(rule.name, "Sensitive Azure Key Vault operations");
  EXPECT_EQ(rule.kind, Kind::kScheduled);
  EXPECT_EQ(rule.severity, AlertSeverity::kLow);
  EXPECT_EQ(rule.version, "1.0.4");
  EXPECT_EQ(rule.query_frequency, record::kTicksPerDay);
  EXPECT_EQ(rule.query_period, 14 * record::kTicksPerDay);
  EXPECT_EQ(rule.trigger_operator, TriggerOperator::kGreaterThan);
  EXPECT_EQ(rule.tactics, (Texts{"Impact"}));
  EXPECT_EQ(rule.techniques, (Texts{"T1485", "T1078.004"}));
  EXPECT_EQ(rule.grouping, Grouping::kAlertPerResult);
  EXPECT_FALSE(rule.suppression_enabled);
  EXPECT_EQ(rule.suppression_duration, 5 * record::kTicksPerHour);
  EXPECT_EQ(rule.sha256, Sha256Hex(kGood));
  EXPECT_EQ(rule.path, "r.yaml");

  ASSERT_EQ(rule.entity_mappings.size(), 2U);
  EXPECT_EQ(rule.entity_mappings[0].type, "Account");
  EXPECT_EQ(rule.entity_mappings[0].fields[1].column.value, "UPN");
  SourceSpan span = rule.entity_mappings[1].fields[0].column.span;
  EXPECT_EQ(load.source.text.substr(span.offset, span.length), "CallerIPMax");
  ASSERT_EQ(rule.custom_details.size(), 2U);
  EXPECT_EQ(rule.custom_details[0].name, "Zeta");

  const std::vector<TemplatePart>& title = rule.alert_override.title->parts;
  ASSERT_EQ(title.size(), 4U);
  EXPECT_TRUE(title[0].is_column);
  EXPECT_EQ(title[1].text, " by ");
  EXPECT_EQ(title[2].text, "Caller");
  EXPECT_EQ(load.source.text.substr(title[2].span.offset, title[2].span.length), "{{Caller}}");
  EXPECT_EQ(title[3].text, " at once");
  EXPECT_EQ(rule.alert_override.severity_column->value, "Severity");
  EXPECT_EQ(rule.alert_override.properties[0].first, "AlertLink");
}

TEST(ParseRule, AKqlMistakeIsShownInTheFile) {
  RuleLoad load = ParseRule({"r.yaml", kGood, 1, 0});
  ASSERT_TRUE(load.rule);
  const SourceText& query = load.rule->query;
  Diagnostics mistake;
  mistake.Error({static_cast<uint32_t>(query.text.find("ResourceType")), 12}, "no such column");
  EXPECT_EQ(Format(query, mistake),
            "r.yaml:22:11: error: no such column\n"
            " 22 | | where ResourceType =~ \"VAULTS\"\n"
            "    |         ^^^^^^^^^^^^\n");
}

TEST(ParseRule, AnNrtRuleHasNoSchedule) {
  RuleLoad load = ParseRule({"r.yaml", Changed("kind: scheduled", "kind: NRT"), 1, 0});
  ASSERT_TRUE(load.rule) << Messages(load);
  EXPECT_EQ(load.rule->kind, Kind::kNrt);
  EXPECT_EQ(load.rule->query_period, record::kTicksPerMinute);
  EXPECT_EQ(load.diagnostics.all().size(), 4U);
  EXPECT_TRUE(Has(Messages(load), "warning: an NRT rule has no schedule: queryPeriod"));
}

TEST(ParseRule, TriggerOperatorsInBothSpellings) {
  auto trigger_of = [](const std::string& text) {
    RuleLoad load =
        ParseRule({"r.yaml", Changed("triggerOperator: gt", "triggerOperator: " + text), 1, 0});
    return load.rule ? load.rule->trigger_operator : TriggerOperator::kGreaterThan;
  };
  EXPECT_EQ(trigger_of("eq"), TriggerOperator::kEqual);
  EXPECT_EQ(trigger_of("ne"), TriggerOperator::kNotEqual);
  EXPECT_EQ(trigger_of("Equal"), TriggerOperator::kEqual);
  EXPECT_EQ(trigger_of("NotEqual"), TriggerOperator::kNotEqual);
  EXPECT_TRUE(Has(MessagesOf(Changed("triggerOperator: gt", "triggerOperator: lt")),
                  "triggerThreshold: fewer than 0 rows can never be"));
}

TEST(ParseRule, AnUnknownFieldIsAWarningWithTheNearestName) {
  RuleLoad load = ParseRule(
      {"r.yaml", Changed("triggerThreshold: 0", "triggerThreshold: 0\nquerryPeriod: 1d"), 1, 0});
  EXPECT_TRUE(load.rule);
  EXPECT_EQ(Messages(load),
            "r.yaml:15:1: warning: a rule has no field: querryPeriod (ignored)\n"
            " 15 | querryPeriod: 1d\n"
            "    | ^^^^^^^^^^^^\n"
            "hint: did you mean queryPeriod?\n");
}

TEST(ParseRule, WhatIsNotEvaluatedIsSaid) {
  RuleLoad load =
      ParseRule({"r.yaml",
                 std::string(kGood) + "incidentConfiguration:\n  createIncident: true\n"
                                      "metadata:\n  source:\n    kind: Community\ntags: [a]\n",
                 1,
                 0});
  EXPECT_TRUE(load.rule);
  ASSERT_EQ(load.diagnostics.all().size(), 1U);
  EXPECT_TRUE(Has(Messages(load), "warning: incidentConfiguration is not evaluated"));
}

struct Mistake {
  const char* from;
  const char* to;
  const char* message;
};

class RuleMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(RuleMistakes, AreErrorsWithTheirPlace) {
  const Mistake& mistake = GetParam();
  RuleLoad load = ParseRule({"r.yaml", Changed(mistake.from, mistake.to), 1, 0});
  EXPECT_FALSE(load.rule);
  EXPECT_TRUE(Has(Messages(load), mistake.message));
}

INSTANTIATE_TEST_SUITE_P(
    All,
    RuleMistakes,
    ::testing::Values(
        Mistake{"name: Sensitive Azure Key Vault operations",
                "",
                "r.yaml:1:1: error: a rule: expected the field name, which is missing"},
        Mistake{"D6491BE0-ab2d", "D6491BE0_ab2d", "r.yaml:1:5: error: id: expected a GUID"},
        Mistake{"severity: Low",
                "severity: Lo",
                "r.yaml:5:11: error: severity: expected one of Informational, Low, Medium, High, "
                "found Lo"},
        Mistake{"severity: Low", "severity: Lo", "hint: did you mean Low?"},
        Mistake{"kind: scheduled",
                "kind: Fusion",
                "kind: expected one of Scheduled, NRT, found Fusion"},
        Mistake{"queryFrequency: 1d",
                "queryFrequency: 4m",
                "r.yaml:11:17: error: queryFrequency: expected 5m to 14d, found 4m"},
        Mistake{"queryPeriod: 14d", "queryPeriod: 15d", "queryPeriod: expected 5m to 14d"},
        Mistake{
            "queryPeriod: 14d",
            "queryPeriod: 1h",
            "r.yaml:12:14: error: queryPeriod: expected at least queryFrequency (1d), found 1h"},
        Mistake{"queryFrequency: 1d",
                "queryFrequency: 30m",
                "queryFrequency: expected at least 1h, because queryPeriod is 2d or more"},
        Mistake{
            "queryPeriod: 14d", "queryPeriod: 14", "queryPeriod: expected a duration, found 14"},
        Mistake{"queryPeriod: 14d",
                "queryPeriod:",
                "r.yaml:12:1: error: a rule: expected a value for queryPeriod"},
        Mistake{"triggerThreshold: 0",
                "triggerThreshold: 10001",
                "triggerThreshold: expected a whole number from 0 to 10000"},
        Mistake{"triggerThreshold: 0", "triggerThreshold: 1.5", "found 1.5"},
        Mistake{
            "triggerOperator: gt", "triggerOperator: more", "triggerOperator: expected one of gt"},
        Mistake{"  AzureDiagnostics\n  | where ResourceType =~ \"VAULTS\"\n",
                "\n",
                "query: expected KQL, found nothing"},
        Mistake{"columnName: Caller\n",
                "columnName: Caller Id\n",
                "columnName: expected the name of a column"},
        Mistake{"identifier: Name", "identifier: 9Name", "identifier: expected a name"},
        Mistake{"        columnName: UPN",
                "",
                "fieldMappings: expected the field columnName, which is missing"},
        Mistake{"  Zeta: Operations",
                "  ThisNameIsMuchTooLong: Operations",
                "customDetails: expected a name of at most 20"},
        Mistake{"  Zeta: Operations", "  _Zeta: Operations", "customDetails: expected a name"},
        Mistake{"{{Caller}} at once",
                "{{ Caller }} at once",
                "r.yaml:38:45: error: expected {{Column}} without blanks, found {{ Caller }}"},
        Mistake{"{{Caller}} at once",
                "{{A}}{{B}}{{C}}",
                "expected at most 3 {{Column}} placeholders, found 4"},
        Mistake{"alertProperty: AlertLink", "alertProperty: AlertLin", "did you mean AlertLink?"},
        Mistake{"aggregationKind: AlertPerResult",
                "aggregationKind: PerRow",
                "aggregationKind: expected one of SingleAlert, AlertPerResult"},
        Mistake{"suppressionDuration: PT5H",
                "suppressionDuration: P2D",
                "suppressionDuration: expected more than 0 and at most 24h"},
        Mistake{"suppressionEnabled: false\nsuppressionDuration: PT5H",
                "suppressionEnabled: true",
                "suppressionDuration is missing"},
        Mistake{"suppressionEnabled: false",
                "suppressionEnabled: no",
                "suppressionEnabled: expected true or false, found no"},
        Mistake{"version: 1.0.4", "severity: High", "a key may stand once, found again: severity"},
        Mistake{"tactics:\n  - Impact", "tactics:\n  Impact: 1", "tactics: expected a list"}));

TEST(ParseRule, LimitsOfLength) {
  std::string query = "query: |\n";
  for (int i = 0; i < 200; ++i)
    query += "  " + std::string(50, 'x') + "\n";
  EXPECT_TRUE(
      Has(MessagesOf(Changed("query: |\n", query)), "query: expected at most 10000 characters"));
  std::string mappings = "entityMappings:\n";
  for (int i = 0; i < 9; ++i) {
    mappings +=
        "  - entityType: IP\n    fieldMappings:\n      - identifier: Address\n        columnName: "
        "A\n";
  }
  EXPECT_TRUE(Has(MessagesOf(Changed("entityMappings:\n", mappings)),
                  "entityMappings: expected at most 10, found 11"));
  std::string details = "customDetails:\n";
  for (char c = 'a'; c < 'a' + 19; ++c)
    details += std::string("  d") + c + ": A\n";
  EXPECT_TRUE(Has(MessagesOf(Changed("customDetails:\n", details)),
                  "customDetails: expected at most 20, found 21"));
}

TEST(ParseRule, AllMistakesAtOnce) {
  std::string text = Changed("severity: Low", "severity: Lo");
  text.replace(text.find("queryPeriod: 14d"), 16, "queryPeriod: soon");
  text.replace(text.find("columnName: UPN"), 15, "columnName: U.P.N");
  RuleLoad load = ParseRule({"r.yaml", text, 1, 0});
  EXPECT_EQ(load.diagnostics.all().size(), 3U) << Messages(load);
}

TEST(ParseRule, NamesThatSentinelMayKnowAreWarnings) {
  RuleLoad load = ParseRule({"r.yaml", Changed("identifier: Name", "identifier: Nam"), 1, 0});
  EXPECT_TRUE(load.rule);
  EXPECT_TRUE(Has(Messages(load), "warning: entity Account has no known identifier: Nam"));
  EXPECT_TRUE(Has(MessagesOf(Changed("- Impact", "- Impct")), "hint: did you mean Impact?"));
  EXPECT_TRUE(Has(MessagesOf(Changed("- T1485", "- 1485")), "warning: expected a technique"));
  EXPECT_TRUE(Has(MessagesOf(Changed("- T1485", "- T1485.9")), "warning: expected a technique"));
  EXPECT_TRUE(Has(MessagesOf(Changed("- T1485", "- T1485.099")),
                  "warning: ATT&CK Enterprise 18.1 has no technique: T1485.099"));
  EXPECT_FALSE(Has(MessagesOf(Changed("- T1485", "- T0855")), "technique"));  // of ICS
}

TEST(ParseRule, AFileThatIsNoRule) {
  EXPECT_TRUE(Has(MessagesOf("- a\n- b\n"), "r.yaml:1:1: error: a rule file: expected a map"));
  EXPECT_TRUE(Has(MessagesOf(""), "expected a map of fields, found nothing"));
  EXPECT_TRUE(Has(MessagesOf("a: [\n"), "this is not YAML"));
}

class LoadRulesTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    std::filesystem::path path = std::filesystem::path(folder_.path()) / name;
    std::filesystem::create_directories(path.parent_path());
    tests::WriteFile(path.string(), text);
  }
  static std::string WithId(int number) {
    return Changed("D6491BE0", "D649000" + std::to_string(number));
  }
  std::string Path(const std::string& name) { return folder_.path() + "/" + name; }

  tests::TempDir folder_;
};

TEST_F(LoadRulesTest, OneBadFileStopsNoOther) {
  Write("a.yaml", WithId(1));
  Write("b.yaml", "this: is no rule\n");
  Write("deeper/c.yml", WithId(2));
  Write("deeper/c.test.yaml", "tests: []\n");
  Write(".hidden/d.yaml", WithId(3));
  Write("notes.txt", "text\n");
  std::vector<RuleLoad> loads = LoadRules({folder_.path()});
  ASSERT_EQ(loads.size(), 3U);
  EXPECT_TRUE(loads[0].rule);
  EXPECT_FALSE(loads[1].rule);
  EXPECT_TRUE(loads[2].rule);
  EXPECT_EQ(loads[2].rule->path, Path("deeper/c.yml"));
}

TEST_F(LoadRulesTest, TwoRulesWithOneIdAreAnErrorThatNamesBothFiles) {
  Write("a.yaml", WithId(1));
  Write("b.yaml", WithId(1));
  std::vector<RuleLoad> loads = LoadRules({folder_.path()});
  ASSERT_EQ(loads.size(), 2U);
  EXPECT_TRUE(loads[0].rule);
  EXPECT_FALSE(loads[1].rule);
  EXPECT_TRUE(Has(Messages(loads[1]), Path("b.yaml") + ":1:5: error"));
  EXPECT_TRUE(Has(Messages(loads[1]), "in " + Path("a.yaml")));
}

TEST_F(LoadRulesTest, AFileIsLoadedOnceHoweverItIsReached) {
  Write("real/a.yaml", WithId(1));
  std::filesystem::create_directory_symlink(Path("real"), Path("link"));
  std::filesystem::create_directory_symlink(folder_.path(), Path("real/round"));
  EXPECT_EQ(LoadRules({folder_.path(), Path("real"), Path("real/a.yaml")}).size(), 1U);
}

TEST_F(LoadRulesTest, AVolumeOfKubernetesIsReadOnce) {
  Write("..2026_01/a.yaml", WithId(1));
  std::filesystem::create_directory_symlink("..2026_01", Path("..data"));
  std::filesystem::create_symlink("..data/a.yaml", Path("a.yaml"));
  std::vector<RuleLoad> loads = LoadRules({folder_.path()});
  ASSERT_EQ(loads.size(), 1U);
  EXPECT_EQ(loads[0].rule->path, Path("a.yaml"));
}

TEST_F(LoadRulesTest, APathThatIsNotThereIsAnError) {
  std::vector<RuleLoad> loads = LoadRules({Path("none")});
  ASSERT_EQ(loads.size(), 1U);
  EXPECT_TRUE(loads[0].diagnostics.has_errors());
  EXPECT_TRUE(Has(Messages(loads[0]), "cannot read " + Path("none")));
  EXPECT_TRUE(Has(Messages(LoadRule(Path("none.yaml"))), "No such file"));
}

TEST_F(LoadRulesTest, TestFilesAreFoundForFoldersAndRules) {
  Write("a.yaml", WithId(1));
  Write("a.test.yaml", "tests: []\n");
  Write("b.yaml", WithId(2));
  EXPECT_EQ(FindRuleTestFiles({folder_.path()}).paths, (Texts{Path("a.test.yaml")}));
  EXPECT_EQ(FindRuleTestFiles({Path("a.yaml"), Path("b.yaml")}).paths,
            (Texts{Path("a.test.yaml")}));
  EXPECT_EQ(FindRuleFiles({Path("a.yaml"), Path("a.test.yaml")}).paths, (Texts{Path("a.yaml")}));
  EXPECT_EQ(RuleFileOf("x/a.test.yaml"), "x/a.yaml");
  EXPECT_EQ(TestFileOf("x/a.yaml"), "x/a.test.yaml");
}

}  // namespace
}  // namespace keywatch::rule
