// Writes alerts to a topic of Kafka, or of Event Hubs through its Kafka endpoint.
//
//   key      the alert's id; the end of an alert has the same key, so it stands behind its alert in
//            the same partition, and a compacted topic keeps the last word on each alert
//   value    what `format` makes of the alert
//   headers  content-type, and those of the format
//
// Delivery: the producer is idempotent and waits for all in-sync replicas: what it sends again
// inside of one attempt stands in the topic once. An attempt that ends without an answer is
// repeated with the same key and the same bytes; that, and a crash between the broker's answer and
// the outbox's mark, is how an alert can stand there twice. Consumers drop repeats by id.
//
// Bounds: one message under way, one copy of it in librdkafka's queue. A message that is found too
// large is tried once more without evidence (format/shorten.h), in the same attempt.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "connectors/format/message.h"
#include "connectors/kafka/client_settings.h"
#include "engine/base/status.h"
#include "engine/pipeline/io.h"

namespace keywatch::kafka {

struct KafkaSinkOptions {
  std::string name;
  ClientSettings client;
  std::string topic;
  std::chrono::milliseconds timeout{15'000};  // of one attempt
  // Called for each attempt. An error is final: the alert is given up.
  std::function<Result<format::Message>(const pipeline::OutgoingAlert&)> format;
  bool wants_ended = false;
};

// Deliver and the destructor belong to one thread.
class KafkaSink final : public pipeline::Sink {
 public:
  // Refuses settings that cannot work; connects to nothing.
  static Result<std::unique_ptr<KafkaSink>> Make(KafkaSinkOptions options);
  ~KafkaSink() override;
  KafkaSink(const KafkaSink&) = delete;
  KafkaSink& operator=(const KafkaSink&) = delete;

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  [[nodiscard]] bool wants_ended() const override { return options_.wants_ended; }
  // What was accepted has topic, partition and offset in `detail`.
  pipeline::DeliveryResult Deliver(const pipeline::OutgoingAlert& alert) override;
  void Cancel() override;

 private:
  class Producer;

  explicit KafkaSink(KafkaSinkOptions options);
  pipeline::DeliveryResult Send(const pipeline::OutgoingAlert& alert, bool* is_too_large);

  const KafkaSinkOptions options_;
  std::unique_ptr<Producer> producer_;
};

}  // namespace keywatch::kafka
