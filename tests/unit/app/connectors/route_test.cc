#include "app/connectors/route.h"

#include <gtest/gtest.h>

#include "app/config.h"
#include "engine/alert/alert_json.h"
#include "tests/support/text_match.h"

namespace keywatch::app {
namespace {

using tests::Has;
using Texts = std::vector<std::string>;

pipeline::OutgoingAlert AlertOf(const std::string& severity) {
  alert::Alert alert;
  alert.id = std::string(32, 'a');
  alert.rule = {"11111111-aaaa", "Unusual key release: spike", "1", "NRT", std::string(64, 'b')};
  alert.severity = severity;
  alert.tactics = {"CredentialAccess", "Impact"};
  alert.entities = {
      {"AzureResource",
       {{"ResourceId", "/subscriptions/s/resourceGroups/g/providers/p/vaults/Card-Keys"}}}};
  return {alert.id, alert.rule.id, severity, alert::ToJson(alert), false};
}

TEST(Route, EveryKeyMustBeMetByOneOfItsValues) {
  pipeline::OutgoingAlert alert = AlertOf("High");
  EXPECT_TRUE(Takes({}, alert));
  EXPECT_TRUE(Takes({{"Medium", "High"}, {}, {}, {}}, alert));
  EXPECT_FALSE(Takes({{"Medium"}, {}, {}, {}}, alert));
  EXPECT_TRUE(Takes({{}, {"11111111-AAAA"}, {}, {}}, alert));
  EXPECT_TRUE(Takes({{}, {"x", "unusual KEY release*"}, {}, {}}, alert));
  EXPECT_FALSE(Takes({{}, {"unusual key release"}, {}, {}}, alert));
  EXPECT_TRUE(Takes({{}, {}, {"impact"}, {}}, alert));
  EXPECT_FALSE(Takes({{}, {}, {"Discovery"}, {}}, alert));
  EXPECT_TRUE(Takes({{}, {}, {}, {"card-keys"}}, alert));
  EXPECT_TRUE(Takes({{}, {}, {}, {"/subscriptions/S/*"}}, alert));
  EXPECT_FALSE(Takes({{}, {}, {}, {"card"}}, alert));
  EXPECT_TRUE(Takes({{"High"}, {"*spike"}, {"Impact"}, {"card*"}}, alert));
  EXPECT_FALSE(Takes({{"High"}, {"*spike"}, {"Impact"}, {"other"}}, alert));
  EXPECT_FALSE(Takes({{"Low"}, {"*spike"}, {"Impact"}, {"card*"}}, alert));
}

TEST(Route, AnAlertThatCannotBeReadIsNotLost) {
  pipeline::OutgoingAlert alert{"a", "r", "High", "{}", false};
  EXPECT_TRUE(Takes({{}, {}, {"Impact"}, {}}, alert));
}

TEST(Route, PatternsStandForText) {
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_TRUE(MatchesPattern("a*c*", "AbbCd"));
  EXPECT_TRUE(MatchesPattern("*b*b", "abab"));
  EXPECT_FALSE(MatchesPattern("a*c", "abcd"));
  EXPECT_FALSE(MatchesPattern("", "a"));
  EXPECT_TRUE(MatchesPattern("a**", "a"));
}

ConfigLoad ParseSinks(const std::string& sinks) {
  return ParseConfig({"k.yaml",
                      "version: 1\nsources:\n  - {type: file, paths: ['*.json']}\nsinks:\n" + sinks,
                      1,
                      0},
                     "/etc/kw",
                     [](std::string_view) { return std::nullopt; });
}

TEST(Route, IsReadAndChecked) {
  ConfigLoad load = ParseSinks(
      "  - {type: console}\n  - {type: file, path: a, route: {min_severity: medium, rules: r1, "
      "tactics: [Impact], resources: ['v*']}}\n");
  ASSERT_TRUE(load.config) << Format(load.source, load.diagnostics);
  EXPECT_EQ(load.config->sinks[1].route, (Route{{"Medium", "High"}, {"r1"}, {"Impact"}, {"v*"}}));
  EXPECT_EQ(Format(load.source, load.diagnostics), "");
  EXPECT_FALSE(ParseSinks("  - {type: console, route: {severity: Hihg}}\n").config);
  EXPECT_FALSE(
      ParseSinks("  - {type: console, route: {severity: High, min_severity: Low}}\n").config);
  EXPECT_FALSE(ParseSinks("  - {type: console, route: {rules: []}}\n").config);
  EXPECT_FALSE(ParseSinks("  - {type: console, route: {rule: a}}\n").config);
}

TEST(Route, SeveritiesThatMayReachNobodyAreWarnedOf) {
  ConfigLoad load = ParseSinks(
      "  - {type: console, route: {severity: [High, Low]}}\n"
      "  - {type: file, path: a, route: {rules: x}}\n");
  ASSERT_TRUE(load.config);
  EXPECT_TRUE(Has(Format(load.source, load.diagnostics),
                  "warning: alerts of severity Informational, Medium reach a sink"))
      << Format(load.source, load.diagnostics);
  EXPECT_EQ(UnroutedSeverities({{{"High"}, {}, {}, {}}, {}}), Texts{});
}

}  // namespace
}  // namespace keywatch::app
