#include "app/connectors/kafka_sink.h"

#include <utility>

#include <fmt/format.h>

#include "connectors/format/cloudevents.h"
#include "connectors/kafka/kafka_sink.h"
#include "connectors/kafka/trial.h"

namespace keywatch::app {

using format::Format;

KafkaSinkSettings ReadKafkaSink(Fields* fields) {
  KafkaSinkSettings kafka;
  fields->Texts("brokers",
                "host:port of one or more brokers; the others are found through them.",
                &kafka.client.brokers,
                Need::kRequired);
  fields->Text(
      "topic", "Topic to write to; keywatch does not create it.", &kafka.topic, Need::kRequired);
  ReadKafkaClient(fields, &kafka.client);
  kafka.format = ReadFormat(fields,
                            {Format::kKeywatch,
                             Format::kCloudEvents,
                             Format::kCloudEventsBinary,
                             Format::kOcsf,
                             Format::kEcs});
  ReadCloudEventsSource(fields, &kafka.cloudevents_source);
  ReadSendEnded(fields, &kafka.send_ended);
  fields->Integer(
      "connections", "Producers, each with one alert under way.", 1, 16, &kafka.connections);
  fields->PositiveDuration("timeout", "Of one attempt.", &kafka.timeout);
  return kafka;
}

namespace {

Result<kafka::KafkaSinkOptions> ToOptions(const std::string& name,
                                          const KafkaSinkSettings& settings) {
  kafka::KafkaSinkOptions options;
  options.name = name;
  Result<kafka::ClientSettings> client = ToClientSettings(settings.client);
  if (!client)
    return client.error();
  options.client = std::move(*client);
  options.topic = settings.topic;
  options.timeout = std::chrono::milliseconds(settings.timeout / record::kTicksPerMillisecond);
  options.format = [format = settings.format, sender = MakeSender(settings.cloudevents_source)](
                       const pipeline::OutgoingAlert& alert) {
    if (format == Format::kCloudEventsBinary)
      return format::ToBinaryCloudEvent(alert.json, sender, format::Binding::kKafka);
    return format::Render(format, alert.json, sender);
  };
  options.wants_ended = settings.send_ended;
  return options;
}

}  // namespace

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const KafkaSinkSettings& settings) {
  Result<kafka::KafkaSinkOptions> options = ToOptions(name, settings);
  if (!options)
    return options.error();
  auto sink = kafka::KafkaSink::Make(std::move(*options));
  if (!sink)
    return sink.error();
  return std::unique_ptr<pipeline::Sink>(std::move(*sink));
}

Attempt TryConnection(const std::string& name,
                      const KafkaSinkSettings& settings,
                      std::chrono::milliseconds limit) {
  Result<kafka::KafkaSinkOptions> options = ToOptions(name, settings);
  if (!options)
    return Attempt::Failed(options.error().message());
  Result<std::string> found = kafka::TrySink(*options, limit);
  if (!found)
    return Attempt::Failed(found.error().message());
  return Attempt::Ok(fmt::format("{}; not written to: use `keywatch sinks test {}`", *found, name));
}

}  // namespace keywatch::app
