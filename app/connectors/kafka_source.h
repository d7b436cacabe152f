// `type: kafka` in `sources`.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "app/connectors/attempt.h"
#include "app/connectors/fields.h"
#include "app/connectors/kafka_client.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct KafkaSourceSettings {
  KafkaClient client;
  std::vector<std::string> topics;
  std::string group_id = "keywatch";
  std::string auto_offset_reset = "earliest";

  bool operator==(const KafkaSourceSettings&) const = default;
};

// The key `auto_offset_reset`.
void ReadOffsetReset(Fields* fields, KafkaSourceSettings* kafka);
KafkaSourceSettings ReadKafkaSource(Fields* fields);
Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const KafkaSourceSettings& settings);

Attempt TryConnection(const std::string& name,
                      const KafkaSourceSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
