// Trying a Kafka source without consuming: connect, log in, ask for the topics and for the group's
// offsets. No group is joined, nothing is fetched, nothing is committed.
#pragma once

#include <chrono>
#include <string>

#include "connectors/kafka/kafka_source.h"
#include "engine/base/status.h"

namespace keywatch::kafka {

// What was found, in a few words, or what is wrong and what to do. Returns after about `limit` at
// the latest. Whether a message may be read (READ on the topic) only reading shows.
Result<std::string> TrySource(const KafkaSourceConfig& config, std::chrono::milliseconds limit);

}  // namespace keywatch::kafka
