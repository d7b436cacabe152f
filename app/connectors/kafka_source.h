// `type: kafka` in `sources`.
#pragma once

#include <memory>
#include <string>
#include <vector>

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

KafkaSourceSettings ReadKafkaSource(ConnectorFields* fields);
Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const KafkaSourceSettings& settings);

}  // namespace keywatch::app
