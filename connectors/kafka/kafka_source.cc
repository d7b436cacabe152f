#include "connectors/kafka/kafka_source.h"

#include <utility>

#include "connectors/kafka/client_config.h"
#include "connectors/kafka/consumer.h"

namespace keywatch::kafka {

Status CheckConfig(const KafkaSourceConfig& config) {
  Result<ConfHandle> conf = MakeClientConf(config);
  return conf ? Status() : conf.error();
}

KafkaSource::KafkaSource(KafkaSourceConfig config)
    : consumer_(std::make_unique<Consumer>(std::move(config))) {}

KafkaSource::~KafkaSource() { consumer_->Close(); }

const std::string& KafkaSource::name() const { return consumer_->name(); }

Status KafkaSource::Open(const pipeline::Positions& restored) { return consumer_->Open(restored); }

Result<pipeline::RawBatch> KafkaSource::Poll(std::chrono::milliseconds timeout) {
  return consumer_->Poll(timeout);
}

void KafkaSource::Commit(const pipeline::Positions& durable) { consumer_->Commit(durable); }

void KafkaSource::Close() { consumer_->Close(); }

pipeline::SourceHealth KafkaSource::Health() const { return consumer_->status().Health(); }

KafkaSourceStats KafkaSource::Stats() const { return consumer_->status().Stats(); }

}  // namespace keywatch::kafka
