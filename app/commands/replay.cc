#include "app/commands/replay.h"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "app/active_rules.h"
#include "app/history/history.h"
#include "app/service.h"
#include "connectors/file/console_sink.h"
#include "engine/alert/alert_json.h"
#include "engine/pipeline/rule_engine.h"

namespace keywatch::app {
namespace {

// Alerts on stdout; false when nobody reads any more.
class AlertPrinter {
 public:
  explicit AlertPrinter(bool json) : json_(json) {}

  bool Print(const std::vector<alert::Alert>& alerts) {
    for (const alert::Alert& alert : alerts) {
      line_.clear();
      alert::AppendJson(alert, {}, &line_);
      if (!json_) {
        line_ = file::ConsoleLine({alert.id, alert.rule.id, alert.severity, line_},
                                  isatty(STDOUT_FILENO) != 0);
      }
      line_ += '\n';
      if (std::fwrite(line_.data(), 1, line_.size(), stdout) != line_.size())
        return false;
    }
    return true;
  }

 private:
  bool json_;
  std::string line_;
};

void PrintRules(const pipeline::RuleEngine& engine) {
  for (const pipeline::RuleReport& report : engine.Report()) {
    fmt::print(stderr,
               "{}: {} alerts, {} rows in {} groups, {:.3f} s",
               report.rule->name,
               report.alerts,
               report.state_rows,
               report.state_partitions,
               record::ToSeconds(report.busy));
    if (report.late_rows > 0)
      fmt::print(stderr, ", {} late rows", report.late_rows);
    if (report.evictions > 0) {
      fmt::print(stderr,
                 ", {} groups given up at the bound of its state: alerts may be missing",
                 report.evictions);
    }
    if (report.learning) {
      fmt::print(stderr,
                 "; learning until {} (--learning raise raises at once)",
                 record::FormatDatetimeShort(report.learning_until));
    }
    fmt::print(stderr, "\n");
  }
}

}  // namespace

int RunReplay(const ReplayArguments& arguments) {
  const record::SchemaCatalog& catalog = record::SchemaCatalog::Builtin();
  ActiveRules rules = LoadActiveRules(arguments.rules, catalog, arguments.watchlists);
  if (rules.active.empty()) {
    std::fputs("keywatch: no rule could be loaded; name rule files or folders with --rules\n",
               stderr);
    return kExitUsage;
  }
  pipeline::EngineSettings settings;
  settings.lateness = arguments.lateness;
  settings.hold_while_learning = !arguments.raise_while_learning;
  pipeline::RuleEngine engine(std::move(rules.active), catalog, settings);
  AlertPrinter printer(arguments.format == "jsonl");
  bool written = true;
  Result<HistoryTotals> totals = ReadHistory(arguments.files,
                                             /*to_the_end=*/true,
                                             stop_requested,
                                             &engine,
                                             [&](const std::vector<alert::Alert>& alerts) {
                                               written = written && printer.Print(alerts);
                                               return written;
                                             });
  if (!totals)
    return Fail(kExitRuntime, totals.error().message());
  written = written && std::fflush(stdout) == 0;
  std::fputs(Summary(*totals).c_str(), stderr);
  PrintRules(engine);
  if (!written) {
    std::fputs("keywatch: the alerts could not be written to standard output\n", stderr);
    return kExitRuntime;
  }
  if (!totals->damaged.empty())
    return kExitRuntime;  // not all there was has been seen
  return rules.rejected > 0 ? kExitUsage : kExitOk;
}

}  // namespace keywatch::app
