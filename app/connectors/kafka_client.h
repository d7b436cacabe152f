// How a source or sink reaches Kafka, or the Kafka endpoint of Event Hubs: keys that all of them
// share.
//
//   properties, property_files       librdkafka's own
//   connection_string (_file)        Event Hubs by a shared access key: SASL_SSL with PLAIN
//   auth                             Event Hubs by Entra ID (azure_credential.h): OAUTHBEARER
//   token_scope                      with auth; default: https://HOST/.default of the first broker
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/connectors/azure_credential.h"
#include "app/connectors/fields.h"
#include "connectors/kafka/client_settings.h"

namespace keywatch::app {

struct KafkaClient {
  std::vector<std::string> brokers;
  std::map<std::string, Secret> properties;  // any of them may be a password
  Secret connection_string;
  std::optional<AzureAuth> auth;
  std::string token_scope;

  bool operator==(const KafkaClient&) const = default;
};

// Everything but the brokers.
void ReadKafkaClient(Fields* fields, KafkaClient* client);
Result<kafka::ClientSettings> ToClientSettings(const KafkaClient& client);

// What an Event Hubs connection string says beside its key; "" what it does not.
struct ConnectionStringParts {
  std::string host;
  std::string hub;  // EntityPath
};
// Refuses what is no connection string with a shared access key. Messages do not repeat it.
Result<ConnectionStringParts> ReadConnectionString(const std::string& text);

}  // namespace keywatch::app
