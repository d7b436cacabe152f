#include "app/connectors/kafka_source.h"

#include <utility>

#include "connectors/kafka/kafka_source.h"
#include "connectors/kafka/trial.h"

namespace keywatch::app {

void ReadOffsetReset(Fields* fields, KafkaSourceSettings* kafka) {
  fields->NameText("auto_offset_reset",
                   "Where a group without offsets begins.",
                   {"earliest", "latest"},
                   &kafka->auto_offset_reset);
}

KafkaSourceSettings ReadKafkaSource(Fields* fields) {
  KafkaSourceSettings kafka;
  fields->Texts("brokers",
                "host:port of one or more brokers; the others are found through them.",
                &kafka.client.brokers,
                Need::kRequired);
  fields->Texts("topics", "Topics to read.", &kafka.topics, Need::kRequired);
  fields->Text("group_id", "Consumer group; one for each keywatch.", &kafka.group_id);
  ReadOffsetReset(fields, &kafka);
  ReadKafkaClient(fields, &kafka.client);
  return kafka;
}

namespace {

Result<kafka::KafkaSourceConfig> ToConfig(const std::string& name,
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
  return options;
}

}  // namespace

Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const KafkaSourceSettings& settings) {
  Result<kafka::KafkaSourceConfig> options = ToConfig(name, settings);
  if (!options)
    return options.error();
  return std::unique_ptr<pipeline::Source>(
      std::make_unique<kafka::KafkaSource>(std::move(*options)));
}

Attempt TryConnection(const std::string& name,
                      const KafkaSourceSettings& settings,
                      std::chrono::milliseconds limit) {
  Result<kafka::KafkaSourceConfig> options = ToConfig(name, settings);
  if (!options)
    return Attempt::Failed(options.error().message());
  Result<std::string> found = kafka::TrySource(*options, limit);
  return found ? Attempt::Ok(std::move(*found)) : Attempt::Failed(found.error().message());
}

}  // namespace keywatch::app
