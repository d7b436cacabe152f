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

EventHubsSourceSettings ReadEventHubsSource(Fields* fields) {
  EventHubsSourceSettings out;
  KafkaSourceSettings& kafka = out.kafka;
  ReadKafkaClient(fields, &kafka.client);
  ConnectionStringParts parts;
  if (!kafka.client.connection_string.empty()) {
    if (auto read = ReadConnectionString(kafka.client.connection_string.Reveal()))
      parts = *read;
  } else if (!kafka.client.auth) {
    fields->diagnostics()->Error(
        fields->span(),
        "expected connection_string, connection_string_file or auth, found none",
        "auth: {type: managed_identity} needs no secret at all");
  }
  fields->Group(FieldGroup::Rule::kOneNeeded,
                {"connection_string", "connection_string_file", "auth"});
  fields->Group(FieldGroup::Rule::kOneNeeded,
                {"connection_string", "connection_string_file", "namespace"});
  std::string name_space = parts.host;
  const rule::YamlNode* named = fields->Text(
      "namespace",
      "Name of the namespace (contoso), or its host name; with a connection string its own.",
      &name_space);
  if (name_space.empty() && kafka.client.connection_string.empty()) {
    fields->diagnostics()->Error(fields->span(),
                                 "a source: expected the field namespace, which is missing",
                                 "az eventhubs namespace list --query [].name");
  }
  if (named != nullptr && name_space.find("//") != std::string::npos) {
    fields->diagnostics()->Error(named->span,
                                 "namespace: expected a name or a host name, found a URL");
  }
  kafka.client.brokers = {BrokerOf(name_space)};
  const std::vector<std::string> usual = {parts.hub.empty() ? kDefaultHub : parts.hub};
  kafka.topics = usual;
  fields->Texts(
      "hubs", "Event hubs to read; with a connection string that names one: it.", &kafka.topics);
  if (kafka.topics.empty())
    kafka.topics = usual;
  fields->Text("consumer_group",
               "Consumer group; one for each keywatch: groups are known in the whole namespace.",
               &kafka.group_id);
  ReadOffsetReset(fields, &kafka);
  return out;
}

Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const EventHubsSourceSettings& settings) {
  return MakeSource(name, settings.kafka);
}

Attempt TryConnection(const std::string& name,
                      const EventHubsSourceSettings& settings,
                      std::chrono::milliseconds limit) {
  return TryConnection(name, settings.kafka, limit);
}

}  // namespace keywatch::app
