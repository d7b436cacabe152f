#include "app/connectors/event_hubs_source.h"

#include <utility>

#include <fmt/format.h>

namespace keywatch::app {
namespace {

constexpr const char* kDefaultHub = "insights-logs-auditevent";
constexpr int kKafkaPort = 9093;

// A short name is one of the public cloud.
std::string BrokerOf(const std::string& name_space) {
  if (name_space.find(':') != std::string::npos)
    return name_space;  // with a port: not Event Hubs itself, but its emulator or a test
  const bool is_short = name_space.find('.') == std::string::npos;
  return fmt::format("{}{}:{}", name_space, is_short ? ".servicebus.windows.net" : "", kKafkaPort);
}

}  // namespace

EventHubsSourceSettings ReadEventHubsSource(ConnectorFields* fields) {
  EventHubsSourceSettings out;
  KafkaSourceSettings& kafka = out.kafka;
  ReadKafkaClient(fields, &kafka.client);
  ConnectionStringParts parts;
  if (!kafka.client.connection_string.empty()) {
    if (auto read = ReadConnectionString(kafka.client.connection_string.Reveal()))
      parts = *read;
  } else if (!kafka.client.auth) {
    fields->diagnostics()->Error(
        fields->item().span,
        "expected connection_string, connection_string_file or auth, found none",
        "auth: {type: managed_identity} needs no secret at all");
  }
  std::string name_space = fields->reader().Text("namespace").value_or(parts.host);
  if (name_space.empty() && kafka.client.connection_string.empty())
    fields->reader().Require("namespace");
  if (name_space.find("//") != std::string::npos) {
    fields->diagnostics()->Error(fields->item().span,
                                 "namespace: expected a name or a host name, found a URL");
  }
  kafka.client.brokers = {BrokerOf(name_space)};
  kafka.topics = fields->Texts("hubs");
  if (kafka.topics.empty())
    kafka.topics = {parts.hub.empty() ? kDefaultHub : parts.hub};
  SetField(fields->reader().Text("consumer_group"), &kafka.group_id);
  const std::vector<std::string> resets = {"earliest", "latest"};
  if (auto which = fields->reader().Name("auto_offset_reset", resets))
    kafka.auto_offset_reset = resets[*which];
  return out;
}

Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const EventHubsSourceSettings& settings) {
  return MakeSource(name, settings.kafka);
}

}  // namespace keywatch::app
