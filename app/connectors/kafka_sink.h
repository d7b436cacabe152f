// `type: kafka` in `sinks`: a topic of Kafka or Event Hubs.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/connectors/attempt.h"
#include "app/connectors/fields.h"
#include "app/connectors/kafka_client.h"
#include "app/connectors/sender.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct KafkaSinkSettings {
  KafkaClient client;
  std::string topic;
  format::Format format = format::Format::kKeywatch;
  std::string cloudevents_source = kCloudEventsSource;
  bool send_ended = false;
  int64_t connections = 1;  // producers, each with one alert under way
  Ticks timeout = 15 * record::kTicksPerSecond;

  bool operator==(const KafkaSinkSettings&) const = default;
};

KafkaSinkSettings ReadKafkaSink(Fields* fields);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const KafkaSinkSettings& settings);
Attempt TryConnection(const std::string& name,
                      const KafkaSinkSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
