// Trying a Kafka source or sink without consuming or producing: connect, log in, ask for the
// topics, and for a source for the group's offsets. No group is joined, nothing is fetched,
// committed or written, and no topic is created.
#pragma once

#include <chrono>
#include <string>

#include "connectors/kafka/kafka_sink.h"
#include "connectors/kafka/kafka_source.h"
#include "engine/base/status.h"

namespace keywatch::kafka {

// What was found, in a few words, or what is wrong and what to do. Returns after about `limit` at
// the latest. Whether a message may be read (READ on the topic) only reading shows.
Result<std::string> TrySource(const KafkaSourceConfig& config, std::chrono::milliseconds limit);

// Likewise. Whether a message may be written (WRITE on the topic) only writing shows: `keywatch
// sinks test`.
Result<std::string> TrySink(const KafkaSinkOptions& options, std::chrono::milliseconds limit);

}  // namespace keywatch::kafka
