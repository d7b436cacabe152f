#include "app/connectors/registry.h"

#include <set>
#include <utility>

#include <fmt/format.h>

namespace keywatch::app {
namespace {

using rule::YamlNode;

template <class Config>
struct Kind {
  const char* type;
  void (*read)(ConnectorFields* fields, Config* config);
};

template <auto kRead, class Config>
void Read(ConnectorFields* fields, Config* config) {
  config->settings = kRead(fields);
}

const std::vector<Kind<SourceConfig>>& Sources() {
  static const std::vector<Kind<SourceConfig>> kinds = {
      {"kafka", &Read<ReadKafkaSource>},
      {"event_hubs", &Read<ReadEventHubsSource>},
      {"file", &Read<ReadFileSource>},
      {"http", &Read<ReadPushSource>},
      {"log_analytics", &Read<ReadLogAnalyticsSource>},
      {"blob", &Read<ReadBlobSource>},
  };
  return kinds;
}

const std::vector<Kind<SinkConfig>>& Sinks() {
  static const std::vector<Kind<SinkConfig>> kinds = {
      {"webhook", &Read<ReadWebhookSink>},
      {"console", &Read<ReadConsoleSink>},
      {"file", &Read<ReadFileSink>},
      {"alertmanager", &Read<ReadAlertmanagerSink>},
      {"slack", &Read<ReadSlackSink>},
      {"teams", &Read<ReadTeamsSink>},
      {"pagerduty", &Read<ReadPagerDutySink>},
      {"syslog", &Read<ReadSyslogSink>},
      {"logs_ingestion", &Read<ReadLogsIngestionSink>},
      {"kafka", &Read<ReadKafkaSink>},
  };
  return kinds;
}

// Names become metric labels and file names.
std::string ReadName(ConnectorFields* fields,
                     const std::string& fallback,
                     std::set<std::string>* taken) {
  const YamlNode* node = fields->reader().Find("name");
  std::string name = node == nullptr ? fallback : node->scalar;
  SourceSpan span = node == nullptr ? fields->item().span : node->span;
  bool is_good =
      !name.empty() && name.size() <= 64 &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
  if (!is_good) {
    fields->diagnostics()->Error(
        span,
        fmt::format("name: expected a-z, 0-9, _ and -, at most 64, found {}", name.substr(0, 80)));
  } else if (!taken->insert(name).second) {
    fields->diagnostics()->Error(
        span,
        fmt::format("this name is taken already: {}", name),
        "each needs a name of its own: positions and metrics are kept by it");
  }
  return name;
}

template <class Config>
std::vector<Config> ReadList(const YamlNode& list,
                             const char* what,
                             const std::vector<Kind<Config>>& kinds,
                             const std::string& folder,
                             Diagnostics* diagnostics) {
  std::vector<std::string> types;
  for (const Kind<Config>& kind : kinds)
    types.emplace_back(kind.type);
  std::vector<Config> configs;
  std::set<std::string> names;
  for (const YamlNode& item : list.items) {
    ConnectorFields fields(item, what, folder, diagnostics);
    const YamlNode* type_node = fields.reader().Require("type");
    if (type_node == nullptr)
      continue;
    std::optional<size_t> type = rule::ReadName(*type_node, "type", types, diagnostics);
    if (!type)
      continue;
    Config config;
    config.name = ReadName(&fields, types[*type], &names);
    kinds[*type].read(&fields, &config);
    if constexpr (requires { config.route; })
      config.route = ReadRoute(&fields);
    fields.reader().Finish(Severity::kError);
    configs.push_back(std::move(config));
  }
  return configs;
}

}  // namespace

std::vector<SourceConfig> ReadSources(const YamlNode& list,
                                      const std::string& folder,
                                      Diagnostics* diagnostics) {
  if (!list.is_list() || list.items.empty()) {
    diagnostics->Error(list.span, "sources: expected a list of at least one source");
  }
  return ReadList(list, "a source", Sources(), folder, diagnostics);
}

std::vector<SinkConfig> ReadSinks(const YamlNode& list,
                                  const std::string& folder,
                                  Diagnostics* diagnostics) {
  if (!list.is_list() || list.items.empty()) {
    diagnostics->Error(list.span,
                       "sinks: expected a list of at least one sink",
                       "- type: console is the smallest");
  }
  std::vector<SinkConfig> sinks = ReadList(list, "a sink", Sinks(), folder, diagnostics);
  std::vector<Route> routes;
  for (const SinkConfig& sink : sinks)
    routes.push_back(sink.route);
  std::vector<std::string> unrouted = UnroutedSeverities(routes);
  if (!unrouted.empty() && !diagnostics->has_errors()) {
    diagnostics->Warning(
        list.span,
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
