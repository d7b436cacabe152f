#include "connectors/kafka/kafka_sink.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "connectors/format/cloudevents.h"
#include "connectors/kafka/handles.h"
#include "tests/unit/connectors/kafka/mock_kafka.h"

namespace keywatch::kafka {
namespace {

using pipeline::DeliveryOutcome;
using pipeline::DeliveryResult;
using pipeline::OutgoingAlert;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int16_t kProduce = 0;  // protocol keys of the requests that faults are injected into
constexpr int16_t kInitProducerId = 22;

OutgoingAlert Golden(const std::string& name) {
  std::ifstream in(std::string(KEYWATCH_SOURCE_DIR) + "/tests/unit/connectors/format/golden/" +
                       name + ".alert.json",
                   std::ios::binary);
  std::string json{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  while (!json.empty() && json.back() == '\n')
    json.pop_back();
  return {"alert-1", "rule-1", "High", json};
}

KafkaSinkOptions OptionsFor(const MockKafka& kafka, milliseconds timeout = seconds(15)) {
  KafkaSinkOptions options;
  options.name = "bus";
  options.client.brokers = kafka.bootstraps();
  options.client.properties = {{"reconnect.backoff.max.ms", Secret("200")},
                               {"retry.backoff.ms", Secret("20")},
                               {"topic.metadata.propagation.max.ms", Secret("300")}};
  options.topic = "alerts";
  options.timeout = timeout;
  options.format = [](const OutgoingAlert& alert) {
    return Result<format::Message>(format::Message{alert.json});
  };
  return options;
}

std::unique_ptr<KafkaSink> MakeSink(KafkaSinkOptions options) {
  auto sink = KafkaSink::Make(std::move(options));
  EXPECT_TRUE(sink) << sink.error().message();
  return std::move(*sink);
}

// What the client remembers of a topic is looked at anew only now and then.
DeliveryResult DeliverUntilAccepted(KafkaSink* sink) {
  const Clock::time_point end = Clock::now() + seconds(20);
  DeliveryResult result = sink->Deliver(Golden("release"));
  while (result.outcome != DeliveryOutcome::kAccepted && Clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(100));
    result = sink->Deliver(Golden("release"));
  }
  return result;
}

struct Consumed {
  std::string key;
  std::string value;
  std::map<std::string, std::string> headers;
};

Consumed ToConsumed(const rd_kafka_message_t& message) {
  Consumed out;
  out.key.assign(static_cast<const char*>(message.key), message.key_len);
  out.value.assign(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return out;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i)
    out.headers[name] = std::string(static_cast<const char*>(value), size);
  return out;
}

// Everything that partition 0 holds.
std::vector<Consumed> ReadAll(const MockKafka& kafka) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", kafka.bootstraps().c_str(), nullptr, 0);
  rd_kafka_conf_set(conf, "group.id", "reader", nullptr, 0);
  rd_kafka_conf_set(conf, "enable.partition.eof", "true", nullptr, 0);
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
  PartitionList partitions(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(partitions.get(), "alerts", 0)->offset =
      RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(client, partitions.get());
  std::vector<Consumed> out;
  const Clock::time_point end = Clock::now() + seconds(20);
  while (Clock::now() < end) {
    MessageHandle message(rd_kafka_consumer_poll(client, 1'000));
    if (message == nullptr)
      continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
      break;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
      out.push_back(ToConsumed(*message));
  }
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  return out;
}

TEST(KafkaSink, SaysWhereTheAlertIs) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 1);
  auto sink = MakeSink(OptionsFor(kafka));
  OutgoingAlert alert = Golden("release");
  DeliveryResult result = sink->Deliver(alert);
  EXPECT_EQ(result.outcome, DeliveryOutcome::kAccepted) << result.detail;
  EXPECT_EQ(result.detail, "topic alerts, partition 0, offset 0");
  OutgoingAlert end = Golden("ended");
  end.ended = true;
  EXPECT_EQ(sink->Deliver(end).detail, "topic alerts, partition 0, offset 1");

  std::vector<Consumed> read = ReadAll(kafka);
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].key, "alert-1");
  EXPECT_EQ(read[0].value, alert.json);
  EXPECT_EQ(read[0].headers,
            (std::map<std::string, std::string>{{"content-type", "application/json"}}));
  EXPECT_EQ(read[1].key, "alert-1") << "a compacted topic keeps the end, which holds the alert";
  EXPECT_EQ(read[1].value, end.json);
}

TEST(KafkaSink, BinaryCloudEventsFollowTheKafkaBinding) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 1);
  KafkaSinkOptions options = OptionsFor(kafka);
  options.format = [](const OutgoingAlert& alert) {
    return format::ToBinaryCloudEvent(
        alert.json, {"1", "host", "urn:keywatch:\xC3\xBC"}, format::Binding::kKafka);
  };
  auto sink = MakeSink(std::move(options));
  ASSERT_EQ(sink->Deliver(Golden("release")).outcome, DeliveryOutcome::kAccepted);
  std::vector<Consumed> read = ReadAll(kafka);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].headers["content-type"], "application/json");
  EXPECT_EQ(read[0].headers["ce_specversion"], "1.0");
  EXPECT_EQ(read[0].headers["ce_source"], "urn:keywatch:\xC3\xBC") << "UTF-8 as it is";
  EXPECT_EQ(read[0].headers["ce_type"], "io.keywatch.alert.raised");
  EXPECT_EQ(read[0].headers.count("ce-id"), 0U);
}

TEST(KafkaSink, WhatPassesIsSentAgainAndStandsThereOnce) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 1);
  auto sink = MakeSink(OptionsFor(kafka));
  rd_kafka_mock_push_request_errors(kafka.cluster(),
                                    kProduce,
                                    3,
                                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                    RD_KAFKA_RESP_ERR__TRANSPORT,
                                    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
  DeliveryResult result = sink->Deliver(Golden("release"));
  EXPECT_EQ(result.outcome, DeliveryOutcome::kAccepted) << result.detail;
  EXPECT_EQ(ReadAll(kafka).size(), 1U);
}

TEST(KafkaSink, ADeniedTopicKeepsTheAlertOwed) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 1);
  KafkaSinkOptions options = OptionsFor(kafka);
  options.client.properties.emplace("topic.metadata.refresh.interval.ms", Secret("200"));
  auto sink = MakeSink(std::move(options));
  rd_kafka_mock_push_request_errors(
      kafka.cluster(), kProduce, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  DeliveryResult result = sink->Deliver(Golden("release"));
  EXPECT_EQ(result.outcome, DeliveryOutcome::kRetry);
  EXPECT_EQ(result.reason, "auth");
  EXPECT_NE(result.detail.find("grant WRITE"), std::string::npos) << result.detail;
  EXPECT_EQ(DeliverUntilAccepted(sink.get()).outcome, DeliveryOutcome::kAccepted);
  EXPECT_EQ(ReadAll(kafka).size(), 1U);
}

TEST(KafkaSink, AMissingTopicIsSaidAndFoundOnceItIsThere) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 1);
  rd_kafka_mock_topic_set_error(kafka.cluster(), "alerts", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  KafkaSinkOptions options = OptionsFor(kafka);
  options.client.properties.emplace("topic.metadata.refresh.interval.ms", Secret("200"));
  auto sink = MakeSink(std::move(options));
  DeliveryResult result = sink->Deliver(Golden("release"));
  EXPECT_EQ(result.outcome, DeliveryOutcome::kRetry);
  EXPECT_EQ(result.reason, "missing") << result.detail;
  EXPECT_NE(result.detail.find("topic alerts does not exist: create it"), std::string::npos);
  rd_kafka_mock_topic_set_error(kafka.cluster(), "alerts", RD_KAFKA_RESP_ERR_NO_ERROR);
  result = DeliverUntilAccepted(sink.get());
  EXPECT_EQ(result.outcome, DeliveryOutcome::kAccepted) << result.detail;
}

TEST(KafkaSink, ATooLargeAlertGoesWithoutEvidenceOrIsRefused) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 1);
  auto sink = MakeSink(OptionsFor(kafka));
  const OutgoingAlert alert = Golden("release");
  rd_kafka_mock_push_request_errors(
      kafka.cluster(), kProduce, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  DeliveryResult result = sink->Deliver(alert);
  EXPECT_EQ(result.outcome, DeliveryOutcome::kAccepted) << result.detail;
  std::vector<Consumed> read = ReadAll(kafka);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_LT(read[0].value.size(), alert.json.size());
  EXPECT_NE(read[0].value.find("\"truncated\":[\""), std::string::npos) << read[0].value;

  rd_kafka_mock_push_request_errors(kafka.cluster(),
                                    kProduce,
                                    2,
                                    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  result = sink->Deliver(alert);
  EXPECT_EQ(result.outcome, DeliveryOutcome::kReject);
  EXPECT_EQ(result.reason, "too_large");
  EXPECT_EQ(sink->Deliver(alert).outcome, DeliveryOutcome::kAccepted) << "the next one goes";
}

TEST(KafkaSink, TheClientsOwnBoundOnSizeIsTheSame) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 1);
  KafkaSinkOptions options = OptionsFor(kafka);
  options.client.properties.emplace("message.max.bytes", Secret("1000"));
  auto sink = MakeSink(std::move(options));
  DeliveryResult result = sink->Deliver(Golden("hostile"));
  EXPECT_EQ(result.outcome, DeliveryOutcome::kReject);
  EXPECT_EQ(result.reason, "too_large") << result.detail;
  EXPECT_NE(result.detail.find("property message.max.bytes"), std::string::npos);
}

TEST(KafkaSink, ADeadBrokerKeepsTheAlertOwed) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 1);
  auto sink = MakeSink(OptionsFor(kafka, milliseconds(1'500)));
  rd_kafka_mock_broker_set_down(kafka.cluster(), 1);
  const Clock::time_point begin = Clock::now();
  DeliveryResult result = sink->Deliver(Golden("release"));
  EXPECT_LT(Clock::now() - begin, seconds(8));
  EXPECT_EQ(result.outcome, DeliveryOutcome::kRetry);
  EXPECT_EQ(result.reason, "network") << result.detail;
  rd_kafka_mock_broker_set_up(kafka.cluster(), 1);
  result = DeliverUntilAccepted(sink.get());
  EXPECT_EQ(result.outcome, DeliveryOutcome::kAccepted) << result.detail;
  EXPECT_EQ(ReadAll(kafka).size(), 1U);
}

TEST(KafkaSink, AProducerThatFailedForGoodIsMadeAnew) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 1);
  auto sink = MakeSink(OptionsFor(kafka, seconds(5)));
  rd_kafka_mock_push_request_errors(
      kafka.cluster(), kInitProducerId, 1, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
  DeliveryResult result = sink->Deliver(Golden("release"));
  EXPECT_EQ(result.outcome, DeliveryOutcome::kRetry);
  EXPECT_EQ(result.reason, "auth");
  EXPECT_NE(result.detail.find("grant WRITE"), std::string::npos) << result.detail;
  result = sink->Deliver(Golden("release"));
  EXPECT_EQ(result.outcome, DeliveryOutcome::kAccepted) << result.detail;
}

TEST(KafkaSink, CancelEndsAnAttempt) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 1);
  auto sink = MakeSink(OptionsFor(kafka, seconds(60)));
  rd_kafka_mock_broker_set_down(kafka.cluster(), 1);
  std::thread stopper([&] {
    std::this_thread::sleep_for(milliseconds(300));
    sink->Cancel();
  });
  const Clock::time_point begin = Clock::now();
  EXPECT_EQ(sink->Deliver(Golden("release")).outcome, DeliveryOutcome::kRetry);
  stopper.join();
  EXPECT_EQ(sink->Deliver(Golden("release")).outcome, DeliveryOutcome::kRetry);
  sink.reset();
  EXPECT_LT(Clock::now() - begin, seconds(10));
}

TEST(KafkaSink, AFormatThatFailsIsFinal) {
  MockKafka kafka;
  KafkaSinkOptions options = OptionsFor(kafka);
  options.format = [](const OutgoingAlert&) {
    return Result<format::Message>(InvalidInput("no alert"));
  };
  DeliveryResult result = MakeSink(std::move(options))->Deliver(Golden("release"));
  EXPECT_EQ(result.outcome, DeliveryOutcome::kReject);
  EXPECT_EQ(result.detail, "no alert");
}

}  // namespace
}  // namespace keywatch::kafka
