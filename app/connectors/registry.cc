#include "app/connectors/registry.h"

#include <set>
#include <utility>

#include <fmt/format.h>

namespace keywatch::app {
namespace {

template <class Config>
struct Kind {
  TypeName type;
  void (*read)(Fields* fields, Config* config);
};

template <auto kRead, class Config>
void Read(Fields* fields, Config* config) {
  config->settings = kRead(fields);
}

const std::vector<Kind<SourceConfig>>& Sources() {
  static const std::vector<Kind<SourceConfig>> kinds = {
      {{"kafka", "Topics of Apache Kafka, or whatever speaks its protocol."},
       &Read<ReadKafkaSource>},
      {{"event_hubs", "Event Hubs of Azure, through the Kafka endpoint of the namespace."},
       &Read<ReadEventHubsSource>},
      {{"file", "Files, folders and standard input."}, &Read<ReadFileSource>},
      {{"http",
        "Records pushed to POST /v1/records. Beyond this machine only with authentication."},
       &Read<ReadPushSource>},
      {{"log_analytics",
        "Rows of AzureDiagnostics and AZKVAuditLogs in a Log Analytics workspace, by query."},
       &Read<ReadLogAnalyticsSource>},
      {{"blob", "Append blobs that a diagnostic setting writes to a storage account."},
       &Read<ReadBlobSource>},
  };
  return kinds;
}

const std::vector<Kind<SinkConfig>>& Sinks() {
  static const std::vector<Kind<SinkConfig>> kinds = {
      {{"webhook", "Signed JSON, posted to a URL (Standard Webhooks)."}, &Read<ReadWebhookSink>},
      {{"console", "Standard output."}, &Read<ReadConsoleSink>},
      {{"file", "JSON Lines in a file."}, &Read<ReadFileSink>},
      {{"alertmanager", "Alertmanager of Prometheus."}, &Read<ReadAlertmanagerSink>},
      {{"slack", "A channel of Slack."}, &Read<ReadSlackSink>},
      {{"teams", "A channel or chat of Microsoft Teams."}, &Read<ReadTeamsSink>},
      {{"pagerduty", "Incidents of PagerDuty."}, &Read<ReadPagerDutySink>},
      {{"syslog", "CEF in RFC 5424, over TLS."}, &Read<ReadSyslogSink>},
      {{"logs_ingestion", "A table of a Log Analytics workspace."}, &Read<ReadLogsIngestionSink>},
      {{"kafka", "A topic of Apache Kafka or an event hub."}, &Read<ReadKafkaSink>},
  };
  return kinds;
}

constexpr size_t kLongestName = 64;

// Names become metric labels and file names.
std::string ReadName(Fields* fields, const std::string& fallback, std::set<std::string>* taken) {
  std::string name = fallback;
  const rule::YamlNode* node =
      fields->Text("name",
                   "Of this one, in metrics, positions and messages. Default: the type.",
                   &name,
                   Need::kOptional,
                   fmt::format("^[a-z0-9_-]{{1,{}}}$", kLongestName));
  SourceSpan span = node == nullptr ? fields->span() : node->span;
  bool is_good =
      !name.empty() && name.size() <= kLongestName &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
  if (!is_good) {
    fields->diagnostics()->Error(
        span,
        fmt::format("name: expected a-z, 0-9, _ and -, at most 64, found {}",
                    node == nullptr ? name : rule::Found(*node)));
  } else if (!taken->insert(name).second) {
    fields->diagnostics()->Error(
        span,
        fmt::format("this name is taken already: {}", name),
        "each needs a name of its own: positions and metrics are kept by it");
  }
  return name;
}

// Returns the list, or null.
template <class Config>
const rule::YamlNode* ReadList(Fields* fields,
                               std::string_view key,
                               std::string meaning,
                               const char* what,
                               const std::vector<Kind<Config>>& kinds,
                               std::vector<Config>* configs) {
  std::vector<TypeName> types;
  for (const Kind<Config>& kind : kinds)
    types.push_back(kind.type);
  std::set<std::string> names;
  auto read = [&](size_t which, Fields* item) {
    Config config;
    config.name = ReadName(item, types[which].name, &names);
    kinds[which].read(item, &config);
    if constexpr (requires { config.route; })
      config.route = ReadRoute(item);
    item->Finish();
    configs->push_back(std::move(config));
  };
  return fields->List(
      key, std::move(meaning), what, [&](Fields* item) { item->ByType(types, read); });
}

}  // namespace

std::vector<SourceConfig> ReadSources(Fields* fields) {
  std::vector<SourceConfig> sources;
  ReadList(
      fields, "sources", "Where records come from; at least one.", "a source", Sources(), &sources);
  return sources;
}

std::vector<SinkConfig> ReadSinks(Fields* fields) {
  std::vector<SinkConfig> sinks;
  const rule::YamlNode* list =
      ReadList(fields, "sinks", "Where alerts go; at least one.", "a sink", Sinks(), &sinks);
  std::vector<Route> routes;
  for (const SinkConfig& sink : sinks)
    routes.push_back(sink.route);
  std::vector<std::string> unrouted = UnroutedSeverities(routes);
  if (list != nullptr && !unrouted.empty() && !fields->diagnostics()->has_errors()) {
    fields->diagnostics()->Warning(
        list->span,
        fmt::format("alerts of severity {} reach a sink only where its route names their rule, "
                    "tactic or resource",
                    fmt::join(unrouted, ", ")),
        "a sink without route takes all alerts; keywatch_alerts_unrouted_total counts the others");
  }
  return sinks;
}

Result<std::unique_ptr<pipeline::Source>> MakeSource(const SourceConfig& config,
                                                     const SourceContext& context) {
  return std::visit(
      [&](const auto& settings) {
        if constexpr (requires { MakeSource(config.name, settings, context); }) {
          return MakeSource(config.name, settings, context);
        } else {
          return MakeSource(config.name, settings);
        }
      },
      config.settings);
}

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const SinkConfig& config) {
  return std::visit([&](const auto& settings) { return MakeSink(config.name, settings); },
                    config.settings);
}

namespace {

template <class Config>
Attempt TryOne(const Config& config, std::chrono::milliseconds limit) {
  return std::visit(
      [&](const auto& settings) { return TryConnection(config.name, settings, limit); },
      config.settings);
}

}  // namespace

Attempt TrySource(const SourceConfig& config, std::chrono::milliseconds limit) {
  return TryOne(config, limit);
}

Attempt TrySink(const SinkConfig& config, std::chrono::milliseconds limit) {
  return TryOne(config, limit);
}

size_t Lanes(const SinkConfig& config) {
  return std::visit(
      [](const auto& settings) -> size_t {
        if constexpr (requires { settings.connections; })
          return static_cast<size_t>(settings.connections);
        return 1;
      },
      config.settings);
}

}  // namespace keywatch::app
