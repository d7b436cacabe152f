#include "app/rule_docs/rule_reference.h"

#include <gtest/gtest.h>

#include "app/rule_docs/rule_survey.h"
#include "tests/support/rule_of.h"
#include "tests/support/temp_dir.h"
#include "tests/support/text_match.h"

namespace keywatch::app {
namespace {

using tests::Has;

TEST(RuleReference, SaysWhatTheFileSays) {
  rule::CompiledRule rule = tests::RuleOf(
      "let limit = 3;  // calls | an hour\n"
      "  let names = dynamic([\"a|b\", \"cccccccccccccccccccccccc\"]);\n"
      "  AzureDiagnostics | where OperationName !in (names)\n"
      "  | summarize N = count() by CallerIPAddress | where N >= limit",
      "entityMappings:\n"
      "  - {entityType: IP, fieldMappings: [{identifier: Address, columnName: "
      "CallerIPAddress}]}\n");
  rule.rule.path = "/srv/rules/vault/one.yaml";
  rule.rule.name = "One, *two*";
  rule.rule.description = "Counts <calls> `a*b`.\nGoes on.\nWhy it matters: it\ndoes.\nNot so: it.";
  const std::string page = RuleReference({{&rule, {"Key Vault"}, 2}}, {.folder = "/srv/docs"});
  EXPECT_TRUE(Has(page,
                  "| [One, \\*two\\*](#one-two) | Low | Key Vault | Impact | "
                  "[T1485](https://attack.mitre.org/techniques/T1485/) | on arrival | "
                  "`limit = 3`, `names = ..` |\n"));
  EXPECT_TRUE(Has(page,
                  "### One, \\*two\\*\n\nCounts &lt;calls> `a*b`.\nGoes on.\n\n**Why it matters:** "
                  "it\ndoes.\n\n**Not so:** it.\n"));
  EXPECT_TRUE(Has(page, "| `limit` | `3` | calls \\| an hour |\n"));
  EXPECT_TRUE(Has(page, "`dynamic([\"a\\|b\", "));
  EXPECT_TRUE(Has(page, "- Schedule: every 5m over the last 1h\n"));
  EXPECT_TRUE(Has(page, "- Reads: `AzureDiagnostics`\n"));
  EXPECT_TRUE(Has(page, "- Entities: IP (Address from `CallerIPAddress`)\n"));
  EXPECT_TRUE(Has(page,
                  "- File: [one.yaml](../rules/vault/one.yaml), id `" +
                      std::string(tests::kRuleId) +
                      "`; 2 tests in [one.test.yaml](../rules/vault/one.test.yaml)\n"));
}

TEST(RuleReference, SaysHowLongARuleWaits) {
  rule::CompiledRule rule = tests::RuleOf(tests::kQuiet);
  const std::string page =
      RuleReference({{&rule, {}, 0}}, {.lateness = 20 * record::kTicksPerMinute});
  EXPECT_TRUE(Has(page, "| after 20m |"));
  EXPECT_TRUE(Has(page, "; no test\n"));
}

TEST(RuleReference, OfTheShippedRulesIsUpToDate) {
  const std::string root = KEYWATCH_SOURCE_DIR;
  RuleSurvey survey = SurveyRules({root + "/rules"});
  ASSERT_FALSE(survey.failed) << survey.report;
  EXPECT_GT(survey.rules.size(), 50U);
  for (const DocumentedRule& rule : Documented(survey)) {
    EXPECT_GT(rule.tests, 0U) << rule.compiled->rule.path;
    EXPECT_FALSE(rule.services.empty()) << rule.compiled->rule.path;
  }
  EXPECT_EQ(tests::ReadFile(root + "/docs/rules.md"),
            RuleReference(Documented(survey), {.folder = root + "/docs"}))
      << "make it anew: keywatch rules docs rules --page docs/rules.md > docs/rules.md";
}

}  // namespace
}  // namespace keywatch::app
