#include "connectors/kafka/client_config.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace keywatch::kafka {
namespace {

struct Setting {
  const char* name;
  const char* value;
};

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

bool IsSecret(std::string_view name) {
  for (std::string_view part : {"password", "secret", "key.pem", "oauthbearer.config"}) {
    if (name.find(part) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

// Names of all properties: the first column of librdkafka's own table of them.
std::set<std::string> PropertyNames() {
  char* text = nullptr;
  size_t size = 0;
  FILE* table = open_memstream(&text, &size);
  if (table == nullptr) {
    return {};
  }
  rd_kafka_conf_properties_show(table);
  (void)fclose(table);
  std::istringstream lines(std::string(text, size));
  free(text);
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    const size_t bar = line.find('|');
    const size_t end = line.find(' ');
    if (bar != std::string::npos && end != std::string::npos && end < bar) {
      names.insert(line.substr(0, end));
    }
  }
  return names;
}

std::string NearestProperty(std::string_view name) {
  std::string nearest;
  size_t least = 4;
  for (const std::string& other : PropertyNames()) {
    const size_t distance = EditDistance(name, other);
    if (distance < least) {
      least = distance;
      nearest = other;
    }
  }
  return nearest;
}

Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size())) {
    case RD_KAFKA_CONF_OK:
      return {};
    case RD_KAFKA_CONF_UNKNOWN: {
      const std::string nearest = NearestProperty(name);
      return InvalidInput(fmt::format("unknown Kafka property {}{}",
                                      name,
                                      nearest.empty() ? "" : "; did you mean " + nearest + "?"));
    }
    default:
      return InvalidInput(
          IsSecret(name) ? fmt::format("Kafka property {} has a value that is not allowed", name)
                         : fmt::format("Kafka property {}: {}", name, text.data()));
  }
}

Status CheckOwnSettings(const KafkaSourceConfig& config) {
  if (config.brokers.empty()) {
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

Status CheckNotOurs(std::string_view name) {
  const bool fixed =
      std::any_of(kFixed.begin(), kFixed.end(), [&](const Setting& s) { return s.name == name; });
  if (name == "auto.offset.reset") {
    return InvalidInput(
        "Kafka property auto.offset.reset: use auto_offset_reset beside properties");
  }
  if (fixed) {
    return InvalidInput(
        fmt::format("Kafka property {} is set by keywatch and cannot be changed", name));
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
  ConfHandle conf(rd_kafka_conf_new());
  for (const Setting& setting : kDefaults) {
    KEYWATCH_RETURN_IF_ERROR(Set(conf.get(), setting.name, setting.value));
  }
  for (const auto& [name, value] : config.properties) {
    KEYWATCH_RETURN_IF_ERROR(CheckNotOurs(name));
    KEYWATCH_RETURN_IF_ERROR(Set(conf.get(), name, value));
  }
  for (const Setting& setting : kFixed) {
    KEYWATCH_RETURN_IF_ERROR(Set(conf.get(), setting.name, setting.value));
  }
  KEYWATCH_RETURN_IF_ERROR(Set(conf.get(), "bootstrap.servers", config.brokers));
  KEYWATCH_RETURN_IF_ERROR(Set(conf.get(), "group.id", config.group_id));
  return conf;
}

}  // namespace keywatch::kafka
