#include "app/commands/rules_sweep.h"

#include <cstdio>

#include "app/service.h"
#include "app/sweep/sweep_report.h"

namespace keywatch::app {

int RunRulesSweep(const RulesSweepArguments& arguments) {
  const record::SchemaCatalog& catalog = record::SchemaCatalog::Builtin();
  SweepPlan plan = PlanSweep(arguments.rule, arguments.param, catalog);
  if (!plan.error.empty()) {
    std::fputs(plan.error.c_str(), stderr);
    return kExitUsage;
  }
  Result<SweepResult> result = Sweep(
      std::move(plan), arguments.files, arguments.raise_while_learning, catalog, stop_requested);
  if (!result)
    return Fail(kExitRuntime, result.error().message());
  std::fputs(Summary(result->history).c_str(), stderr);
  if (result->history.stopped) {
    std::fputs("keywatch: stopped before the end: the counts are of a part\n", stderr);
  }
  if (int failed =
          PrintResult(arguments.format == "json" ? SweepJson(*result) : SweepText(*result));
      failed != kExitOk) {
    return failed;
  }
  return result->history.damaged.empty() && !result->history.stopped ? kExitOk : kExitRuntime;
}

}  // namespace keywatch::app
