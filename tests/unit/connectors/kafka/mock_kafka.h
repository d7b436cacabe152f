// A Kafka cluster inside the test: librdkafka's mock brokers, on loopback, whose faults a test can
// choose. Client and mock have one author, so what they agree on is checked against a real broker
// in tests/integration.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "tests/support/kafka_producer.h"

namespace keywatch::kafka {

class MockKafka {
 public:
  explicit MockKafka(int brokers = 1)
      : host_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)),
        cluster_(rd_kafka_mock_cluster_new(host_, brokers)),
        producer_(std::make_unique<TestProducer>(bootstraps())) {}
  ~MockKafka() {
    producer_.reset();
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(host_);
  }
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;

  [[nodiscard]] rd_kafka_mock_cluster_t* cluster() const { return cluster_; }
  [[nodiscard]] std::string bootstraps() const {
    return rd_kafka_mock_cluster_bootstraps(cluster_);
  }

  void CreateTopic(const char* topic, int partitions) {
    ASSERT_EQ(rd_kafka_mock_topic_create(cluster_, topic, partitions, 1),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void Produce(const char* topic, int32_t partition, const std::string& value, int64_t timestamp) {
    ASSERT_TRUE(producer_->Produce(topic, partition, value, timestamp));
  }
  void Flush() { ASSERT_TRUE(producer_->Flush()); }

 private:
  rd_kafka_t* host_;
  rd_kafka_mock_cluster_t* cluster_;
  std::unique_ptr<TestProducer> producer_;
};

}  // namespace keywatch::kafka
