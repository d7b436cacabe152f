// `type: kafka` in `sources`.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/connectors/fields.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct KafkaSourceSettings {
  std::vector<std::string> brokers;
  std::vector<std::string> topics;
  std::string group_id = "keywatch";
  std::string auto_offset_reset = "earliest";
  std::map<std::string, Secret> properties;  // librdkafka's; any of them may be a password

  bool operator==(const KafkaSourceSettings&) const = default;
};

KafkaSourceSettings ReadKafkaSource(ConnectorFields* fields);
Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const KafkaSourceSettings& settings);

}  // namespace keywatch::app
