#include "app/commands/seed.h"

#include <algorithm>
#include <cstdio>
#include <deque>

#include <fmt/format.h>

#include "app/active_rules.h"
#include "app/config.h"
#include "app/data_dir.h"
#include "app/engine_setup.h"
#include "app/exit_code.h"
#include "app/history/history.h"
#include "app/service.h"
#include "engine/alert/alert_json.h"
#include "engine/rule/duration.h"
#include "engine/state/outbox.h"
#include "engine/state/snapshot_file.h"

namespace keywatch::app {
namespace {

// What the history would have raised, the newest of it: kept until the state is on disk.
constexpr size_t kMostAlerts = 100'000;

struct HistoryAlert {
  std::string id;
  std::string rule_id;
  std::string severity;
  std::string json;
  record::Ticks time = 0;
};

// Nothing may be there that the seed would forget.
Status ExpectNoState(const std::string& data_dir) {
  Result<state::LatestSnapshot> latest = state::ReadLatestSnapshot(data_dir);
  if (!latest)
    return latest.error();
  if (!latest->snapshot)
    return {};
  return InvalidInput(
      fmt::format("data_dir {} holds state already ({}), which may be ahead of this history: seed "
                  "before the first run, or move its snapshot-* files away, with which the state "
                  "of all rules and the positions of the sources are gone",
                  data_dir,
                  latest->file));
}

Status WriteState(const Config& config, const pipeline::RuleEngine& engine) {
  const auto sections = engine.Save();
  std::vector<state::SectionView> views;
  for (const auto& [name, content] : sections)
    views.push_back({name, content});
  Result<uint64_t> written = state::WriteSnapshot(config.data_dir, views, config.snapshot.keep);
  return written ? Status() : written.error();
}

// Stored as owed to nobody, as of about their own time; alerts of one hour in one transaction.
Status WriteAlerts(const Config& config, const std::deque<HistoryAlert>& alerts) {
  std::vector<std::string> sinks;
  for (const SinkConfig& sink : config.sinks)
    sinks.push_back(sink.name);
  const std::vector<bool> owed_to_none(sinks.size());
  auto outbox = state::Outbox::Open(config.data_dir + "/outbox.sqlite", std::move(sinks));
  if (!outbox)
    return outbox.error();
  for (size_t begin = 0; begin < alerts.size();) {
    const record::Ticks hour = alerts[begin].time / record::kTicksPerHour;
    std::vector<state::NewAlert> rows;
    size_t end = begin;
    for (; end < alerts.size() && alerts[end].time / record::kTicksPerHour == hour; ++end) {
      const HistoryAlert& alert = alerts[end];
      rows.push_back({alert.id, alert.rule_id, alert.severity, alert.json, &owed_to_none});
    }
    Result<size_t> inserted = (*outbox)->Insert(rows, alerts[begin].time);
    if (!inserted)
      return inserted.error();
    begin = end;
  }
  return {};
}

void Tell(const Config& config,
          const HistoryTotals& totals,
          const pipeline::RuleEngine& engine,
          size_t alerts) {
  size_t learning = 0;
  size_t learned = 0;
  record::Ticks until = 0;
  for (const pipeline::RuleReport& report : engine.Report()) {
    learning += report.learning ? 1 : 0;
    learned += report.learning_until > 0 && !report.learning ? 1 : 0;
    until = std::max(until, report.learning ? report.learning_until : 0);
    if (report.evictions > 0) {
      fmt::print(stderr,
                 "{}: {} groups given up at the bound of its state (state.max_rows_per_rule): its "
                 "baseline has gaps\n",
                 report.rule->name,
                 report.evictions);
    }
  }
  fmt::print(stderr,
             "seeded {} with {} to {}: the baselines of {} rules are covered",
             config.data_dir,
             record::FormatDatetimeShort(totals.oldest),
             record::FormatDatetimeShort(totals.newest),
             learned);
  if (learning > 0) {
    fmt::print(stderr,
               ", {} learn on, the last until {}: a longer history would cover them",
               learning,
               record::FormatDatetimeShort(until));
  }
  fmt::print(stderr, "\n{} alerts of the history are kept and sent nowhere\n", alerts);
  const record::Ticks gap = record::WallNow() - totals.newest;
  if (gap > record::kTicksPerDay) {
    fmt::print(stderr,
               "the history ended {} ago: what happened since must come from the sources, or the "
               "baselines do not know it\n",
               rule::FormatDuration(record::FloorTo(gap, record::kTicksPerHour)));
  }
}

}  // namespace

int RunSeed(const SeedArguments& arguments) {
  ConfigLoad load = LoadConfig(arguments.config_path, ProcessEnvironment);
  std::fputs(Format(load.source, load.diagnostics).c_str(), stderr);
  if (!load.config)
    return kExitConfiguration;
  const Config& config = *load.config;
  if (Status taken = TakeDataDir(config.data_dir); !taken.ok())
    return Fail(kExitConfiguration, taken.message());
  if (Status empty = ExpectNoState(config.data_dir); !empty.ok())
    return Fail(kExitConfiguration, empty.message());
  Result<record::SchemaCatalog> catalog = LoadCatalog(config.schema);
  if (!catalog)
    return Fail(kExitConfiguration, catalog.error().message());
  ActiveRules rules = LoadActiveRules(config.rules.paths, *catalog, config.rules.watchlists);
  if (rules.active.empty() || rules.rejected > 0) {
    return Fail(
        kExitUsage,
        rules.active.empty()
            ? "no rule could be loaded from rules.paths; nothing was written"
            : "a rule that does not load would begin without a baseline: mend it or take it "
              "out of rules.paths; nothing was written");
  }
  pipeline::RuleEngine engine(std::move(rules.active), *catalog, EngineSettingsOf(config));
  std::deque<HistoryAlert> kept;
  // Not to the end: what the newest records leave open, `run` goes on with.
  Result<HistoryTotals> totals = ReadHistory(arguments.files,
                                             /*to_the_end=*/false,
                                             stop_requested,
                                             &engine,
                                             [&](const std::vector<alert::Alert>& alerts) {
                                               for (const alert::Alert& alert : alerts) {
                                                 kept.push_back({alert.id,
                                                                 alert.rule.id,
                                                                 alert.severity,
                                                                 alert::ToJson(alert),
                                                                 alert.interval_start});
                                               }
                                               while (kept.size() > kMostAlerts)
                                                 kept.pop_front();
                                               return true;
                                             });
  if (!totals)
    return Fail(kExitRuntime, totals.error().message() + "; nothing was written");
  std::fputs(Summary(*totals).c_str(), stderr);
  if (totals->stopped)
    return Fail(kExitRuntime, "stopped before the end; nothing was written");
  if (!totals->damaged.empty()) {
    return Fail(kExitRuntime,
                "a baseline with a gap raises what is not new: leave the damaged files out or get "
                "them again; nothing was written");
  }
  if (totals->rows == 0)
    return Fail(kExitUsage, "there is no record in these files; nothing was written");
  // The state last: with it the seed is whole, and without it the command can be given again.
  if (Status written = WriteAlerts(config, kept); !written.ok()) {
    return Fail(kExitRuntime,
                "the alerts of the history cannot be stored: " + written.message() +
                    "; no state was written: seed again");
  }
  if (Status written = WriteState(config, engine); !written.ok())
    return Fail(kExitRuntime, "the state cannot be written: " + written.message());
  Tell(config, *totals, engine, kept.size());
  return kExitOk;
}

}  // namespace keywatch::app
