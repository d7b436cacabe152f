// One property of librdkafka: setting it, with a message that helps and that shows no secret.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/client_settings.h"
#include "engine/base/status.h"

namespace keywatch::kafka {

struct Setting {
  const char* name;
  const char* value;
};

// The message names the property and, when it is misspelt, the nearest one; never the value of a
// secret.
Status SetProperty(rd_kafka_conf_t* conf, const std::string& name, const std::string& value);

// Whether a message may not show the value of this property.
bool IsSecretProperty(std::string_view name);

// `defaults`, then what the configuration says, then `fixed`, which it may not say.
Status SetProperties(rd_kafka_conf_t* conf,
                     std::span<const Setting> defaults,
                     const ClientSettings& settings,
                     std::span<const Setting> fixed);

// Brokers, and how the client logs in where it does so by tokens. Applied last.
Status SetConnection(rd_kafka_conf_t* conf, const ClientSettings& settings);

}  // namespace keywatch::kafka
