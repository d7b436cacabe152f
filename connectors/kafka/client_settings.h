// How a Kafka client reaches its brokers and proves who it is: what source and sink share.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "connectors/azure/token_provider.h"
#include "engine/base/secret.h"

namespace keywatch::kafka {

struct ClientSettings {
  std::string brokers;                       // host:port, several with commas
  std::map<std::string, Secret> properties;  // any of librdkafka's that keywatch does not set
  // With them the client logs in by OAUTHBEARER; null: by what the properties say.
  std::shared_ptr<azure::TokenProvider> tokens;
};

}  // namespace keywatch::kafka
