#include "app/connectors/kafka_source.h"

#include <utility>

#include "connectors/kafka/kafka_source.h"

namespace keywatch::app {

KafkaSourceSettings ReadKafkaSource(ConnectorFields* fields) {
  KafkaSourceSettings kafka;
  kafka.client.brokers = fields->RequireTexts("brokers");
  kafka.topics = fields->RequireTexts("topics");
  SetField(fields->reader().Text("group_id"), &kafka.group_id);
  const std::vector<std::string> resets = {"earliest", "latest"};
  if (auto which = fields->reader().Name("auto_offset_reset", resets)) {
    kafka.auto_offset_reset = resets[*which];
  }
  ReadKafkaClient(fields, &kafka.client);
  return kafka;
}

Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const KafkaSourceSettings& settings) {
  kafka::KafkaSourceConfig options;
  options.name = name;
  Result<kafka::ClientSettings> client = ToClientSettings(settings.client);
  if (!client)
    return client.error();
  options.client = std::move(*client);
  options.topics = settings.topics;
  options.group_id = settings.group_id;
  options.auto_offset_reset = settings.auto_offset_reset;
  KEYWATCH_RETURN_IF_ERROR(kafka::CheckConfig(options));
  return std::unique_ptr<pipeline::Source>(
      std::make_unique<kafka::KafkaSource>(std::move(options)));
}

}  // namespace keywatch::app
