#include "app/rule_docs/navigator_layer.h"

#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/rule_docs/rule_survey.h"
#include "engine/rule/attack_catalog.h"
#include "tests/support/rule_of.h"
#include "tests/support/temp_dir.h"

namespace keywatch::app {
namespace {

rule::CompiledRule With(const std::string& name, const std::vector<std::string>& techniques) {
  rule::CompiledRule rule = tests::RuleOf(tests::kPurges);
  rule.rule.name = name;
  rule.rule.techniques = techniques;
  return rule;
}

const nlohmann::json& Find(const nlohmann::json& layer, const std::string& id) {
  for (const nlohmann::json& technique : layer["techniques"]) {
    if (technique["techniqueID"] == id)
      return technique;
  }
  ADD_FAILURE() << id;
  return layer["techniques"][0];
}

// What the format's specification asks for, and no key that it has not.
void CheckStructure(const nlohmann::json& layer) {
  const std::set<std::string> keys = {"name",
                                      "versions",
                                      "domain",
                                      "description",
                                      "filters",
                                      "sorting",
                                      "layout",
                                      "hideDisabled",
                                      "techniques",
                                      "gradient",
                                      "legendItems",
                                      "metadata",
                                      "showTacticRowBackground",
                                      "selectTechniquesAcrossTactics",
                                      "selectSubtechniquesWithParent"};
  for (const auto& [key, value] : layer.items())
    EXPECT_TRUE(keys.contains(key)) << key;
  EXPECT_TRUE(layer["name"].is_string());
  EXPECT_EQ(layer["domain"], "enterprise-attack");
  EXPECT_EQ(layer["versions"]["layer"], "4.5");
  EXPECT_TRUE(std::string(rule::kAttackVersion)
                  .starts_with(layer["versions"]["attack"].get<std::string>() + "."));
  EXPECT_EQ(layer["layout"]["layout"], "side");
  const nlohmann::json& gradient = layer["gradient"];
  EXPECT_GE(gradient["colors"].size(), 2U);
  EXPECT_LE(gradient["minValue"], gradient["maxValue"]);
  std::set<std::string> ids;
  for (const nlohmann::json& technique : layer["techniques"]) {
    const std::string id = technique["techniqueID"];
    EXPECT_TRUE(rule::IsAttackTechnique(id)) << id;
    EXPECT_TRUE(ids.insert(id).second) << id;
    EXPECT_TRUE(technique["enabled"].is_boolean());
    EXPECT_TRUE(technique["showSubtechniques"].is_boolean());
    EXPECT_EQ(technique.contains("score"), technique.contains("comment")) << id;
    if (technique.contains("score")) {
      EXPECT_GE(technique["score"], gradient["minValue"]);
      EXPECT_LE(technique["score"], gradient["maxValue"]);
    }
  }
  for (const nlohmann::json& item : layer["legendItems"])
    EXPECT_TRUE(item["label"].is_string() && item["color"].is_string());
}

TEST(NavigatorLayer, CountsTheRulesOfEachTechnique) {
  rule::CompiledRule disabled = With("Off", {"T1490"});
  disabled.rule.enabled = false;
  const nlohmann::json layer =
      nlohmann::json::parse(NavigatorLayer({With("B", {"T1555.006", "T1485"}),
                                            With("A", {"T1555.006"}),
                                            With("C", {"T0855", "T9999", "nonsense"}),
                                            disabled}));
  CheckStructure(layer);
  EXPECT_EQ(layer["techniques"].size(), 3U);
  EXPECT_EQ(Find(layer, "T1555.006")["score"], 2);
  EXPECT_EQ(Find(layer, "T1555.006")["comment"], "A; B");
  EXPECT_EQ(Find(layer, "T1485")["score"], 1);
  // A technique above is there to be unfolded.
  EXPECT_FALSE(Find(layer, "T1555").contains("score"));
  EXPECT_EQ(Find(layer, "T1555")["showSubtechniques"], true);
  EXPECT_EQ(Find(layer, "T1485")["showSubtechniques"], false);
  EXPECT_EQ(layer["gradient"]["maxValue"], 2);
}

TEST(NavigatorLayer, OfTheShippedRulesIsUpToDate) {
  const std::string root = KEYWATCH_SOURCE_DIR;
  RuleSurvey survey = SurveyRules({root + "/rules"});
  ASSERT_FALSE(survey.failed) << survey.report;
  EXPECT_EQ(survey.report, "");  // a technique or tactic that is not there is a warning
  const std::string layer = NavigatorLayer(survey.rules);
  CheckStructure(nlohmann::json::parse(layer));
  EXPECT_EQ(tests::ReadFile(root + "/docs/attack-navigator-layer.json"), layer)
      << "make it anew: keywatch rules docs rules --navigator > docs/attack-navigator-layer.json";
}

}  // namespace
}  // namespace keywatch::app
