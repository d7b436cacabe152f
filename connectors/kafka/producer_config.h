// From keywatch's settings of a Kafka sink to librdkafka's.
#pragma once

#include <chrono>
#include <string>

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/client_settings.h"
#include "connectors/kafka/handles.h"
#include "engine/base/status.h"

namespace keywatch::kafka {

// Checks everything that can be checked without a broker. `timeout` is how long librdkafka tries
// to hand over one message. Messages as those of MakeClientConf().
Result<ConfHandle> MakeProducerConf(const ClientSettings& client,
                                    const std::string& topic,
                                    std::chrono::milliseconds timeout);

}  // namespace keywatch::kafka
