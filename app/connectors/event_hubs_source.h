// `type: event_hubs` in `sources`: the short form of a Kafka source that reads an Event Hubs
// namespace through its Kafka endpoint.
//
//   namespace        contoso, or its full host name; default: that of the connection string
//   hubs             default: EntityPath of the connection string, else insights-logs-auditevent
//   consumer_group, auto_offset_reset, and the keys of kafka_client.h; one of connection_string and
//   auth is needed
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/connectors/attempt.h"
#include "app/connectors/fields.h"
#include "app/connectors/kafka_source.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

// All of it is said in Kafka's terms.
struct EventHubsSourceSettings {
  KafkaSourceSettings kafka;

  bool operator==(const EventHubsSourceSettings&) const = default;
};

EventHubsSourceSettings ReadEventHubsSource(Fields* fields);
Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const EventHubsSourceSettings& settings);

Attempt TryConnection(const std::string& name,
                      const EventHubsSourceSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
