#include "app/commands/replay.h"

#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <unistd.h>

#include "app/active_rules.h"
#include "app/service.h"
#include "connectors/decode/json_decoder.h"
#include "connectors/file/console_sink.h"
#include "connectors/file/file_source.h"
#include "engine/alert/alert_json.h"
#include "engine/pipeline/duplicates.h"
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

// A progress bar on stderr, when that is a terminal.
class Progress {
 public:
  void Show(const file::ReplayProgress& progress) {
    if (!terminal_ || progress.bytes == 0)
      return;
    auto percent = static_cast<int>(100 * progress.bytes_read / progress.bytes);
    if (percent == shown_)
      return;
    shown_ = percent;
    std::string bar(static_cast<size_t>(percent) / 4, '#');
    std::fprintf(stderr, "\r[%-25s] %3d%% ", bar.c_str(), percent);
  }
  void Clear() const {
    if (terminal_ && shown_ >= 0)
      std::fprintf(stderr, "\r%40s\r", "");
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) != 0;
  int shown_ = -1;
};

struct Totals {
  uint64_t duplicates = 0;
  std::map<std::string, uint64_t> set_aside;  // by reason
  std::string first_set_aside;                // where, and what was wrong
};

void PrintSummary(const Totals& totals,
                  const std::vector<std::string>& damaged,
                  const decode::DecodeStats& stats,
                  const pipeline::RuleEngine& engine) {
  uint64_t aside = 0;
  for (const auto& [reason, count] : totals.set_aside)
    aside += count;
  for (const std::string& damage : damaged)
    fmt::print(stderr, "keywatch: {}\n", damage);
  fmt::print(
      stderr,
      "{} records read, {} of them seen before; {} of other categories skipped; {} set aside\n",
      stats.rows,
      totals.duplicates,
      stats.other_category,
      aside);
  for (const auto& [reason, count] : totals.set_aside) {
    fmt::print(stderr, "  set aside: {} {}\n", count, reason);
  }
  if (!totals.first_set_aside.empty()) {
    fmt::print(stderr, "  the first: {}\n", totals.first_set_aside);
  }
  for (const pipeline::RuleReport& report : engine.Report()) {
    fmt::print(stderr,
               "{}: {} alerts, {} rows in {} groups",
               report.rule->name,
               report.alerts,
               report.state_rows,
               report.state_partitions);
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
  ActiveRules rules = LoadActiveRules(arguments.rules, catalog);
  if (rules.active.empty()) {
    std::fputs("keywatch: no rule could be loaded; name rule files or folders with --rules\n",
               stderr);
    return kExitUsage;
  }
  pipeline::EngineSettings settings;
  settings.lateness = arguments.lateness;
  settings.hold_while_learning = !arguments.raise_while_learning;
  pipeline::RuleEngine engine(std::move(rules.active), catalog, settings);
  decode::JsonDecoder decoder(engine.layout());
  pipeline::Duplicates duplicates(settings.lateness);
  auto source = file::MakeReplaySource({"replay", arguments.files, {}});
  if (Status opened = source->Open({}); !opened.ok()) {
    fmt::print(stderr, "keywatch: {}\n", opened.message());
    return kExitRuntime;
  }
  AlertPrinter printer(arguments.format == "jsonl");
  Progress progress;
  Totals totals;
  auto reject = [&](const pipeline::RejectedRecord& record) {
    ++totals.set_aside[record.reason];
    if (totals.first_set_aside.empty()) {
      totals.first_set_aside =
          fmt::format("{} byte {}: {}: {}",
                      record.origin,
                      record.offset + static_cast<int64_t>(record.byte_position),
                      record.reason,
                      record.detail);
    }
  };
  record::RecordBatch rows;
  std::vector<bool> fresh;
  std::vector<alert::Alert> alerts;
  bool reading = true;
  bool written = true;
  while (reading && written && !stop_requested) {
    Result<pipeline::RawBatch> batch = source->Poll(std::chrono::milliseconds(100));
    if (!batch) {
      fmt::print(stderr, "keywatch: {}\n", batch.error().message());
      return kExitRuntime;
    }
    size_t next = 0;
    while (next < batch->messages.size() && written) {
      decoder.Decode(*batch, &next, &rows, reject);
      duplicates.Mark(rows, &fresh);
      alerts.clear();
      engine.Process(rows, fresh, &alerts);
      written = printer.Print(alerts);
    }
    reading = !batch->end;
    progress.Show(source->Progress());
  }
  // All there is has been read: nothing can come that would take a result away.
  alerts.clear();
  engine.AdvanceTo(engine.newest() + settings.lateness, &alerts);
  written = written && printer.Print(alerts) && std::fflush(stdout) == 0;
  progress.Clear();
  totals.duplicates = duplicates.seen();
  const std::vector<std::string> damaged = source->Progress().damaged;
  PrintSummary(totals, damaged, decoder.stats(), engine);
  if (!written) {
    std::fputs("keywatch: the alerts could not be written to standard output\n", stderr);
    return kExitRuntime;
  }
  if (!damaged.empty())
    return kExitRuntime;  // not all there was has been seen
  return rules.rejected > 0 ? kExitUsage : kExitOk;
}

}  // namespace keywatch::app
