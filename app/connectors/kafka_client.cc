#include "app/connectors/kafka_client.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace keywatch::app {
namespace {

std::string HostOf(std::string_view broker) {
  const size_t colon = broker.rfind(':');
  return std::string(broker.substr(0, colon));
}

}  // namespace

Result<ConnectionStringParts> ReadConnectionString(const std::string& text) {
  constexpr std::string_view kEndpoint = "Endpoint=sb://";
  ConnectionStringParts parts;
  bool has_key = false;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(';', begin), text.size());
    const std::string_view part = std::string_view(text).substr(begin, end - begin);
    if (part.starts_with(kEndpoint)) {
      const std::string_view rest = part.substr(kEndpoint.size());
      parts.host = rest.substr(0, rest.find_first_of("/:"));
    } else if (part.starts_with("EntityPath=")) {
      parts.hub = part.substr(std::string_view("EntityPath=").size());
    }
    has_key = has_key || part.starts_with("SharedAccessKey=");
    begin = end + 1;
  }
  if (parts.host.empty() || !has_key) {
    return InvalidInput(
        "expected an Event Hubs connection string (Endpoint=sb://..;SharedAccessKeyName=..;"
        "SharedAccessKey=..), found something else");
  }
  return parts;
}

void ReadKafkaClient(Fields* fields, KafkaClient* client) {
  fields->Secrets("properties",
                  "property_files",
                  "Properties of librdkafka that keywatch does not set itself, e.g. "
                  "ssl.ca.location.",
                  &client->properties);
  const rule::YamlNode* given =
      fields->OneSecret("connection_string",
                        "Connection string of Event Hubs, by a shared access key that may listen.",
                        &client->connection_string);
  if (!client->connection_string.empty()) {
    auto parts = ReadConnectionString(client->connection_string.Reveal());
    if (!parts) {
      fields->diagnostics()->Error(given->span, "connection_string: " + parts.error().message());
    }
  }
  AzureAuth auth;
  if (ReadAzureAuth(fields, Need::kOptional, &auth))
    client->auth = std::move(auth);
  fields->Text("token_scope",
               "With auth: scope of the token. Default: https://HOST/.default of the first broker.",
               &client->token_scope);
  for (const char* key : {"connection_string", "connection_string_file"})
    fields->Group(FieldGroup::Rule::kAtMostOne, {key, "auth"});
  if (client->auth && !client->connection_string.empty()) {
    fields->diagnostics()->Error(fields->span(),
                                 "expected one of connection_string and auth, found both");
  }
}

Result<kafka::ClientSettings> ToClientSettings(const KafkaClient& client) {
  kafka::ClientSettings out;
  out.brokers = fmt::format("{}", fmt::join(client.brokers, ","));
  out.properties = client.properties;
  if (!client.connection_string.empty()) {
    out.properties.emplace("security.protocol", Secret("SASL_SSL"));
    out.properties.emplace("sasl.mechanism", Secret("PLAIN"));
    out.properties.emplace("sasl.username", Secret("$ConnectionString"));
    out.properties.insert_or_assign("sasl.password", client.connection_string);
  }
  if (client.auth && !client.brokers.empty()) {
    const std::string scope = client.token_scope.empty()
                                  ? fmt::format("https://{}/.default", HostOf(client.brokers[0]))
                                  : client.token_scope;
    auto tokens = MakeTokenProvider(*client.auth, scope);
    if (!tokens)
      return Status(tokens.error().code(), "auth: " + tokens.error().message());
    out.tokens = std::move(*tokens);
  }
  return out;
}

}  // namespace keywatch::app
