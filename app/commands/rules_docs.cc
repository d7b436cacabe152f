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
  if (survey.rules.empty()) {
    std::fputs("keywatch: no rule file found; name files or folders with *.yaml\n", stderr);
    return kExitUsage;
  }
  ReferenceOptions options;
  if (!arguments.page.empty())
    options.folder = std::filesystem::absolute(arguments.page).parent_path().string();
  std::string out = arguments.navigator ? NavigatorLayer(survey.rules)
                                        : RuleReference(Documented(survey), options);
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0) {
    std::fputs("keywatch: standard output cannot be written\n", stderr);
    return kExitRuntime;
  }
  return kExitOk;
}

}  // namespace keywatch::app
