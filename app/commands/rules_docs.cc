#include "app/commands/rules_docs.h"

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "app/exit_code.h"
#include "app/rule_docs/navigator_layer.h"
#include "app/rule_docs/rule_survey.h"

namespace keywatch::app {

int RunRulesDocs(const RulesDocsArguments& arguments) {
  RuleSurvey survey = SurveyRules(arguments.rules);
  std::fputs(survey.report.c_str(), stderr);
  if (survey.failed)
    return kExitUsage;
  if (survey.rules.empty())
    return Fail(kExitUsage, "no rule file found; name files or folders with *.yaml");
  ReferenceOptions options;
  if (!arguments.page.empty())
    options.folder = std::filesystem::absolute(arguments.page).parent_path().string();
  return PrintResult(arguments.navigator ? NavigatorLayer(survey.rules)
                                         : RuleReference(Documented(survey), options));
}

}  // namespace keywatch::app
