#include "app/service.h"

#include <algorithm>
#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include "app/active_rules.h"
#include "app/data_dir.h"
#include "app/engine_setup.h"
#include "app/http_routes.h"
#include "app/page/access.h"
#include "app/page/live_page.h"
#include "app/service_manager.h"
#include "app/service_metrics.h"
#include "app/version.h"
#include "connectors/decode/json_decoder.h"
#include "connectors/file/dead_letter_file.h"
#include "connectors/http/server.h"
#include "engine/base/log.h"
#include "engine/pipeline/delivery.h"
#include "engine/pipeline/worker.h"
#include "engine/state/outbox.h"

namespace keywatch::app {

std::atomic<bool> stop_requested = false;

namespace {

using std::chrono::milliseconds;

// The first asks for a clean stop. A second ends the process at once: what is owed is on disk and
// what was read after the last snapshot is read again, as after a crash.
void OnStopSignal(int signal) {
  if (!stop_requested.exchange(true))
    return;
  constexpr char kMessage[] = "keywatch: told to stop twice: ends at once; nothing is lost\n";
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, kMessage, sizeof(kMessage) - 1);
  _exit(128 + signal);
}

// Counts alerts that the routes of no sink take; they stay in the outbox and on the page.
std::function<void(const pipeline::OutgoingAlert&)> UnroutedCount(
    const std::vector<SinkConfig>& sinks, MetricRegistry* metrics) {
  Counter count = metrics->AddCounter("keywatch_alerts_unrouted_total",
                                      "Alerts that the routes of no sink take.");
  if (std::any_of(
          sinks.begin(), sinks.end(), [](const auto& sink) { return sink.route.takes_all(); }))
    return [](const pipeline::OutgoingAlert&) {};
  return [&sinks, count](const pipeline::OutgoingAlert& alert) mutable {
    if (std::any_of(sinks.begin(), sinks.end(), [&](const SinkConfig& sink) {
          return Takes(sink.route, alert);
        }))
      return;
    count.Add();
    Log(LogLevel::kWarning,
        "no sink's route takes this alert",
        {{"alert", alert.id}, {"rule", alert.rule_id}, {"severity", alert.severity}});
  };
}

Result<std::unique_ptr<page::LivePage>> MakeLivePage(const Config& config,
                                                     const pipeline::Worker* worker,
                                                     const pipeline::Delivery* delivery,
                                                     MetricRegistry* metrics) {
  page::PageSources sources;
  sources.outbox_path = config.data_dir + "/outbox.sqlite";
  sources.version = kVersion;
  sources.worker = [worker] { return worker->View(); };
  sources.sinks = [delivery] { return delivery->Health(); };
  sources.problems = [worker] { return worker->Problems(); };
  page::PageAccess access{config.http.token, page::IsLoopbackName(config.http.host)};
  return page::LivePage::Make(std::move(sources), std::move(access), metrics);
}

}  // namespace

void CatchStopSignals() {
  std::signal(SIGINT, OnStopSignal);
  std::signal(SIGTERM, OnStopSignal);
  std::signal(SIGPIPE, SIG_IGN);
}

int RunService(const Config& config, const ServiceOptions& options) {
  // Decompressed Kafka batches are large and short-lived: keep their memory instead of mapping
  // anew.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  if (Status taken = TakeDataDir(config.data_dir); !taken.ok())
    return Fail(kExitConfiguration, taken.message());
  Result<record::SchemaCatalog> catalog = LoadCatalog(config.schema);
  if (!catalog)
    return Fail(kExitConfiguration, catalog.error().message());
  ActiveRules rules = LoadActiveRules(config.rules.paths, *catalog, config.rules.watchlists);
  if (rules.active.empty()) {
    return Fail(kExitUsage,
                "no rule could be loaded from rules.paths; `keywatch rules check PATH` "
                "says what is wrong with each file");
  }
  Log(LogLevel::kInfo,
      "rules loaded",
      {{"active", std::to_string(rules.active.size())},
       {"rejected", std::to_string(rules.rejected)}});

  MetricRegistry metrics;
  AddStaticMetrics(rules.active.size(), rules.rejected, &metrics);
  AddDiskMetrics(config.data_dir, &metrics);
  std::vector<std::string> sink_names;
  bool wants_ended = false;
  std::vector<pipeline::DeliverySink> sinks;
  for (const SinkConfig& sink_config : config.sinks) {
    pipeline::DeliverySink sink;
    for (size_t lane = 0; lane < Lanes(sink_config); ++lane) {
      Result<std::unique_ptr<pipeline::Sink>> made = MakeSink(sink_config);
      if (!made)
        return Fail(kExitConfiguration, "sink " + sink_config.name + ": " + made.error().message());
      sink.lanes.push_back(std::move(*made));
    }
    if (!sink_config.route.takes_all()) {
      sink.accepts = [&route = sink_config.route](const pipeline::OutgoingAlert& alert) {
        return Takes(route, alert);
      };
    }
    wants_ended = wants_ended || sink.lanes.front()->wants_ended();
    sink_names.push_back(sink_config.name);
    sinks.push_back(std::move(sink));
  }
  file::DeadLetterOptions dead_options;
  dead_options.path = config.dead_letter_path();
  dead_options.most_bytes = static_cast<uint64_t>(config.dead_letter.max_bytes);
  dead_options.reasons = pipeline::RejectReasons();
  auto dead_letters = file::DeadLetterFile::Make(std::move(dead_options), &metrics);
  if (!dead_letters)
    return Fail(kExitConfiguration, dead_letters.error().message());
  auto outbox = state::Outbox::Open(config.data_dir + "/outbox.sqlite", sink_names);
  if (!outbox)
    return Fail(kExitRuntime, outbox.error().message());
  pipeline::Delivery delivery(outbox->get(), std::move(sinks), dead_letters->get(), &metrics);

  pipeline::EngineSettings engine_settings = EngineSettingsOf(config);
  engine_settings.report_ends = wants_ended;
  pipeline::RuleEngine engine(std::move(rules.active), *catalog, engine_settings);

  std::vector<pipeline::Input> inputs;
  for (const SourceConfig& source_config : config.sources) {
    Result<std::unique_ptr<pipeline::Source>> source =
        MakeSource(source_config, {config.data_dir, config.snapshot.keep, &metrics});
    if (!source) {
      return Fail(kExitConfiguration,
                  "source " + source_config.name + ": " + source.error().message());
    }
    inputs.push_back({std::move(*source), std::make_unique<decode::JsonDecoder>(engine.layout())});
  }
  pipeline::WorkerOutputs outputs;
  outputs.alerts = [&, unrouted = UnroutedCount(config.sinks, &metrics)](
                       const std::vector<pipeline::OutgoingAlert>& alerts) -> Status {
    std::vector<size_t> fresh;
    Result<size_t> taken = delivery.Submit(alerts, &fresh);
    if (!taken)
      return taken.error();
    for (size_t index : fresh)
      unrouted(alerts[index]);
    return {};
  };
  if (wants_ended) {
    outputs.ended = [&](const std::vector<alert::EndedAlert>& ended) {
      return delivery.SubmitEnded(ended);
    };
  }
  outputs.reject = [&](const pipeline::RejectedRecord& rejected) {
    return (*dead_letters)->AddRecord(rejected);
  };
  outputs.sync_rejects = [&] { return (*dead_letters)->Sync(); };
  pipeline::WorkerSettings worker_settings;
  worker_settings.data_dir = config.data_dir;
  worker_settings.snapshot_interval = config.snapshot.interval;
  worker_settings.snapshots_kept = config.snapshot.keep;
  worker_settings.idle_timeout = config.rules.idle_timeout;
  pipeline::Worker worker(
      worker_settings, &engine, std::move(inputs), std::move(outputs), &metrics);

  AddLoopMetrics(
      [&] { return worker.Problems().empty(); }, [&] { return worker.turns(); }, &metrics);

  auto live_page = MakeLivePage(config, &worker, &delivery, &metrics);
  if (!live_page)
    return Fail(kExitRuntime, live_page.error().message());

  http::ServerOptions server_options;
  server_options.most_streams = page::kMostStreams;
  server_options.reserved = {"/healthz", "/readyz", "/metrics"};
  http::Server server(server_options);
  AddServiceRoutes(
      &metrics, [&] { return worker.Problems(); }, [&] { return worker.Hang(); }, &server);
  (*live_page)->AddRoutes(&server);
  Status served = server.Start(config.http.host, config.http.port);
  if (!served.ok())
    return Fail(kExitConfiguration, "http.listen: " + served.message());
  Log(LogLevel::kInfo,
      "serving the live page, /metrics, /healthz, /readyz",
      {{"address", fmt::format("http://{}:{}", config.http.host, server.port())}});

  Status started = worker.Start();
  if (!started.ok()) {
    return Fail(kExitRuntime, started.message());
  }
  delivery.Start();
  ServiceManager manager(ReadServiceManagerSettings(ProcessEnvironment, getpid()));
  manager.Ready([&] { return worker.turns(); });
  Status ran = worker.Run(stop_requested);
  manager.Stopping();
  if (!ran.ok())
    Log(LogLevel::kError, "stopped: " + ran.message());
  if (ran.ok() && !stop_requested && options.return_when_ended) {
    delivery.WaitUntilIdle(milliseconds(30'000));
  }
  if (ran.ok() && !options.return_when_ended) {
    while (!stop_requested)
      std::this_thread::sleep_for(milliseconds(50));
  }
  delivery.Stop(milliseconds(5'000));
  (*live_page)->Stop();
  server.Stop();
  TellSuppressedLogLines(/*at_end=*/true);
  return ran.ok() ? kExitOk : kExitRuntime;
}

}  // namespace keywatch::app
