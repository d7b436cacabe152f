#include "app/commands/rules_sweep.h"

#include <cstdio>

#include <fmt/format.h>

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
  if (!result) {
    fmt::print(stderr, "keywatch: {}\n", result.error().message());
    return kExitRuntime;
  }
  std::fputs(Summary(result->history).c_str(), stderr);
  if (result->history.stopped) {
    std::fputs("keywatch: stopped before the end: the counts are of a part\n", stderr);
  }
  const std::string out = arguments.format == "json" ? SweepJson(*result) : SweepText(*result);
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0) {
    std::fputs("keywatch: standard output cannot be written\n", stderr);
    return kExitRuntime;
  }
  return result->history.damaged.empty() && !result->history.stopped ? kExitOk : kExitRuntime;
}

}  // namespace keywatch::app
