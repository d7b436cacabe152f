// From keywatch's settings of a Kafka source to librdkafka's.
#pragma once

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_source.h"
#include "engine/base/status.h"

namespace keywatch::kafka {

// Checks everything that can be checked without a broker. The message names the property and, when
// it is misspelt, the nearest one; it never shows the value of a secret.
Result<ConfHandle> MakeClientConf(const KafkaSourceConfig& config);

}  // namespace keywatch::kafka
