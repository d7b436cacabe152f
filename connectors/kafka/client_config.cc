#include "connectors/kafka/client_config.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "connectors/kafka/client_property.h"

namespace keywatch::kafka {
namespace {

// What correctness rests on: a property of the same name in the configuration is refused.
constexpr std::array kFixed = {
    Setting{"enable.auto.commit", "false"},
    Setting{"enable.auto.offset.store", "false"},
    Setting{"partition.assignment.strategy", "cooperative-sticky"},
    // Tells when a partition is read to its end, control records included (PartitionMerge).
    Setting{"enable.partition.eof", "true"},
    // An offset that the broker has no more is an event, so that the gap can be told.
    Setting{"auto.offset.reset", "error"},
    // The only sign that a broker is back while nothing arrives.
    Setting{"statistics.interval.ms", "1000"},
};

// Defaults that a property may change. Idle connections to Event Hubs are cut after 240 s, hence
// the ages below that; it allows session timeouts from 6 to 300 s.
constexpr std::array kDefaults = {
    Setting{"socket.keepalive.enable", "true"},
    Setting{"metadata.max.age.ms", "180000"},
    Setting{"connections.max.idle.ms", "180000"},
    Setting{"session.timeout.ms", "30000"},
    // A topic or partition that is new is found within this time.
    Setting{"topic.metadata.refresh.interval.ms", "10000"},
    Setting{"reconnect.backoff.max.ms", "5000"},
    // The end of a partition with control records is known this late.
    Setting{"fetch.wait.max.ms", "100"},
    // Per partition, as each has its own queue.
    Setting{"queued.max.messages.kbytes", "8192"},
    Setting{"client.id", "keywatch"},
};

constexpr std::array<std::string_view, 3> kFromConfig = {
    "bootstrap.servers", "metadata.broker.list", "group.id"};

Status CheckOwnSettings(const KafkaSourceConfig& config) {
  if (config.client.brokers.empty()) {
    return InvalidInput("brokers is empty: expected host:port, several with commas");
  }
  if (config.group_id.empty() || config.group_id.size() > 256) {
    return InvalidInput("group_id must have 1 to 256 characters");
  }
  if (config.topics.empty()) {
    return InvalidInput("topics is empty: expected at least one topic name");
  }
  std::set<std::string_view> seen;
  for (const std::string& topic : config.topics) {
    if (topic.empty() || topic.front() == '^') {
      return InvalidInput(
          fmt::format("topics: \"{}\" is no topic name; patterns are not supported", topic));
    }
    if (!seen.insert(topic).second) {
      return InvalidInput(fmt::format("topics: {} stands there twice", topic));
    }
  }
  if (config.auto_offset_reset != "earliest" && config.auto_offset_reset != "latest") {
    return InvalidInput(fmt::format("auto_offset_reset: expected earliest or latest, found \"{}\"",
                                    config.auto_offset_reset));
  }
  return {};
}

// What has a key of its own beside `properties`.
Status CheckNotOurs(std::string_view name) {
  if (name == "auto.offset.reset") {
    return InvalidInput(
        "Kafka property auto.offset.reset: use auto_offset_reset beside properties");
  }
  if (std::find(kFromConfig.begin(), kFromConfig.end(), name) != kFromConfig.end()) {
    return InvalidInput(
        fmt::format("Kafka property {}: use brokers and group_id beside properties", name));
  }
  return {};
}

}  // namespace

Result<ConfHandle> MakeClientConf(const KafkaSourceConfig& config) {
  KEYWATCH_RETURN_IF_ERROR(CheckOwnSettings(config));
  for (const auto& [name, value] : config.client.properties)
    KEYWATCH_RETURN_IF_ERROR(CheckNotOurs(name));
  ConfHandle conf(rd_kafka_conf_new());
  KEYWATCH_RETURN_IF_ERROR(SetProperties(conf.get(), kDefaults, config.client, kFixed));
  KEYWATCH_RETURN_IF_ERROR(SetConnection(conf.get(), config.client));
  KEYWATCH_RETURN_IF_ERROR(SetProperty(conf.get(), "group.id", config.group_id));
  return conf;
}

}  // namespace keywatch::kafka
