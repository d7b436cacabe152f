#include "connectors/kafka/producer_config.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "connectors/kafka/client_property.h"

namespace keywatch::kafka {
namespace {

// What correctness rests on: a property of the same name in the configuration is refused.
constexpr std::array kFixed = {
    // What librdkafka sends again, because an answer was lost, stands in the topic once.
    Setting{"enable.idempotence", "true"},
    Setting{"acks", "all"},
    // One message is under way at a time; its payload is the outbox's to keep.
    Setting{"queue.buffering.max.messages", "16"},
    Setting{"linger.ms", "0"},
};

// Defaults that a property may change. Idle connections to Event Hubs are cut after 240 s, hence
// the ages below that.
constexpr std::array kDefaults = {
    Setting{"socket.keepalive.enable", "true"},
    Setting{"metadata.max.age.ms", "180000"},
    Setting{"connections.max.idle.ms", "180000"},
    // What was granted or created since is found within this time.
    Setting{"topic.metadata.refresh.interval.ms", "10000"},
    // How long a topic that does not exist is looked for before it is said.
    Setting{"topic.metadata.propagation.max.ms", "2000"},
    Setting{"reconnect.backoff.max.ms", "5000"},
    // As Java clients partition: what joins this topic with theirs finds equal keys together.
    Setting{"partitioner", "murmur2_random"},
    Setting{"client.id", "keywatch"},
};

struct Elsewhere {
  std::string_view property;
  const char* instead;
};
constexpr std::array kElsewhere = {
    Elsewhere{"bootstrap.servers", "use brokers beside properties"},
    Elsewhere{"metadata.broker.list", "use brokers beside properties"},
    Elsewhere{"message.timeout.ms", "use timeout beside properties"},
    Elsewhere{"delivery.timeout.ms", "use timeout beside properties"},
    Elsewhere{"request.required.acks", "acks is all, and cannot be changed"},
    Elsewhere{"queue.buffering.max.ms", "an alert is sent at once, leave it out"},
    Elsewhere{"transactional.id", "each alert is its own message, leave it out"},
};

bool IsTopicName(std::string_view name) {
  return !name.empty() && name.size() <= 249 && name != "." && name != ".." &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string_view::npos;
}

}  // namespace

Result<ConfHandle> MakeProducerConf(const ClientSettings& client,
                                    const std::string& topic,
                                    std::chrono::milliseconds timeout) {
  if (client.brokers.empty())
    return InvalidInput("brokers is empty: expected host:port, several with commas");
  if (!IsTopicName(topic)) {
    return InvalidInput(fmt::format(
        "topic: expected one name of at most 249 letters, digits, dots, _ and -, found \"{}\"",
        topic.substr(0, 80)));
  }
  for (const auto& [name, value] : client.properties) {
    for (const Elsewhere& elsewhere : kElsewhere) {
      if (elsewhere.property == name)
        return InvalidInput(fmt::format("Kafka property {}: {}", name, elsewhere.instead));
    }
  }
  ConfHandle conf(rd_kafka_conf_new());
  KEYWATCH_RETURN_IF_ERROR(SetProperties(conf.get(), kDefaults, client, kFixed));
  KEYWATCH_RETURN_IF_ERROR(
      SetProperty(conf.get(), "message.timeout.ms", std::to_string(timeout.count())));
  KEYWATCH_RETURN_IF_ERROR(SetConnection(conf.get(), client));
  return conf;
}

}  // namespace keywatch::kafka
