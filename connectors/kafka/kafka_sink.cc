#include "connectors/kafka/kafka_sink.h"

#include <utility>

#include <fmt/format.h>

#include "connectors/format/shorten.h"
#include "connectors/kafka/produce_outcome.h"
#include "connectors/kafka/producer.h"
#include "connectors/kafka/producer_config.h"

namespace keywatch::kafka {

using pipeline::DeliveryOutcome;
using pipeline::DeliveryResult;
using pipeline::OutgoingAlert;

KafkaSink::KafkaSink(KafkaSinkOptions options)
    : options_(std::move(options)), producer_(std::make_unique<Producer>(&options_)) {}

KafkaSink::~KafkaSink() = default;

Result<std::unique_ptr<KafkaSink>> KafkaSink::Make(KafkaSinkOptions options) {
  Result<ConfHandle> conf = MakeProducerConf(options.client, options.topic, options.timeout);
  if (!conf)
    return conf.error();
  return std::unique_ptr<KafkaSink>(new KafkaSink(std::move(options)));
}

DeliveryResult KafkaSink::Deliver(const OutgoingAlert& alert) {
  return format::SendOrShorten(alert, [this](const OutgoingAlert& one, bool* is_too_large) {
    return Send(one, is_too_large);
  });
}

DeliveryResult KafkaSink::Send(const OutgoingAlert& alert, bool* is_too_large) {
  Result<format::Message> message = options_.format(alert);
  if (!message)
    return {DeliveryOutcome::kReject, "other", message.error().message(), {}};
  Result<Producer::Report> report = producer_->Send(alert.id, *message);
  // A file of the settings may have been changed since they were checked.
  if (!report)
    return {DeliveryOutcome::kRetry, "other", report.error().message(), {}};
  *is_too_large = IsTooLarge(report->code);
  DeliveryResult result =
      OutcomeOfProduce(report->code,
                       report->detail,
                       options_.topic,
                       options_.client.tokens == nullptr ? LoginKind::kPassword : LoginKind::kToken,
                       report->problem);
  if (result.outcome == DeliveryOutcome::kAccepted) {
    result.detail = fmt::format(
        "topic {}, partition {}, offset {}", options_.topic, report->partition, report->offset);
  }
  return result;
}

void KafkaSink::Cancel() { producer_->Cancel(); }

}  // namespace keywatch::kafka
