#include "engine/rule/rule_parameters.h"

#include <gtest/gtest.h>

#include "tests/support/rule_of.h"

namespace keywatch::rule {
namespace {

RuleLets Of(const std::string& query) { return LetsOf({"q", query, 1, 0}); }

TEST(RuleParameters, AreTheLetsThatNameAConstant) {
  const RuleLets lets =
      Of("let a = 10;  // calls an hour\n"
         "let b = -1.5;\n"
         "let c = 10m; // what passes; as in the portal\n"
         "let d = dynamic([\"x;//\",\n  \"y\"]); // not these\n"
         "let e = @\"^k\";\n"
         "let f = false;\n"
         "let g = datetime(2026-01-01);\n"
         "let h = a * 2;\n"
         "let i = T | where X > a;\n"
         "let j = long(3);\n"
         "i | where Y == b");
  std::vector<std::string> names;
  for (const RuleParameter& parameter : lets.parameters)
    names.push_back(parameter.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g", "j"}));
  EXPECT_EQ(lets.parameters[0].comment, "calls an hour");
  EXPECT_EQ(lets.parameters[0].kind, ParameterKind::kNumber);
  EXPECT_EQ(lets.parameters[1].value, "-1.5");
  EXPECT_EQ(lets.parameters[1].kind, ParameterKind::kNumber);
  EXPECT_EQ(lets.parameters[1].comment, "");
  EXPECT_EQ(lets.parameters[2].comment, "what passes; as in the portal");
  EXPECT_EQ(lets.parameters[2].kind, ParameterKind::kTimespan);
  EXPECT_EQ(lets.parameters[3].value, "dynamic([\"x;//\",\n  \"y\"])");
  EXPECT_EQ(lets.parameters[3].kind, ParameterKind::kList);
  EXPECT_EQ(lets.parameters[3].comment, "not these");
  EXPECT_EQ(lets.parameters[4].kind, ParameterKind::kText);
  EXPECT_EQ(lets.parameters[5].kind, ParameterKind::kBool);
  EXPECT_EQ(lets.parameters[6].kind, ParameterKind::kOther);
  EXPECT_EQ(lets.parameters[7].value, "long(3)");
  ASSERT_EQ(lets.computed.size(), 2U);
  EXPECT_EQ(lets.computed[0].name, "h");
  EXPECT_EQ(lets.computed[1].name, "i");
}

TEST(RuleParameters, AnotherValueStandsInThePlaceOfTheOld) {
  const Rule rule = tests::RuleOf(
                        "let n = 3; AzureDiagnostics | summarize N = count() by OperationName"
                        " | where N >= n")
                        .rule;
  const RuleLets lets = LetsOf(rule.query);
  ASSERT_EQ(lets.parameters.size(), 1U);
  const Rule changed = WithParameter(rule, lets.parameters[0], "1000");
  EXPECT_TRUE(changed.query.text.starts_with("let n = 1000; AzureDiagnostics"));
  EXPECT_TRUE(CompileRule(changed, record::SchemaCatalog::Builtin()).compiled);
}

}  // namespace
}  // namespace keywatch::rule
