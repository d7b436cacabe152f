#include "connectors/kafka/trial.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/connectors/kafka/mock_kafka.h"

namespace keywatch::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

KafkaSinkOptions SinkOf(const std::string& brokers) {
  KafkaSinkOptions options;
  options.name = "bus";
  options.client.brokers = brokers;
  options.topic = "alerts";
  return options;
}

TEST(Trial, ASinkThatIsThere) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 3);
  Result<std::string> found = TrySink(SinkOf(kafka.bootstraps()), seconds(30));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, "logged in; topic alerts with 3 partitions");
}

TEST(Trial, ASinkIsToldOfTheRightsThatASinkNeeds) {
  MockKafka kafka;
  kafka.CreateTopic("alerts", 1);
  rd_kafka_mock_topic_set_error(
      kafka.cluster(), "alerts", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  Result<std::string> found = TrySink(SinkOf(kafka.bootstraps()), seconds(30));
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message().find("grant WRITE and DESCRIBE on it"), std::string::npos)
      << found.error().message();
}

TEST(Trial, DoesNotCreateTheTopicOfASink) {
  MockKafka kafka;
  for (int i = 0; i < 2; ++i) {
    Result<std::string> found = TrySink(SinkOf(kafka.bootstraps()), seconds(30));
    ASSERT_FALSE(found) << *found;
    EXPECT_EQ(found.error().message(),
              "topic alerts does not exist: create it (Event Hubs: create the hub), or correct "
              "topic; if it does exist, grant DESCRIBE on it: others are not shown");
  }
}

TEST(Trial, NobodyThere) {
  const Clock::time_point begun = Clock::now();
  Result<std::string> found = TrySink(SinkOf("127.0.0.1:1"), milliseconds(1'000));
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message().find("check brokers, the network and the firewall"),
            std::string::npos)
      << found.error().message();
  EXPECT_LT(Clock::now() - begun, seconds(20));  // of a loaded machine
}

TEST(Trial, SettingsThatAProducerDoesNotTake) {
  KafkaSinkOptions options = SinkOf("127.0.0.1:1");
  options.client.properties = {{"acks", Secret("1")}};
  Result<std::string> found = TrySink(options, milliseconds(100));
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message().find("acks"), std::string::npos) << found.error().message();
}

TEST(Trial, ASource) {
  MockKafka kafka;
  kafka.CreateTopic("audit", 2);
  KafkaSourceConfig config;
  config.client.brokers = kafka.bootstraps();
  config.topics = {"audit"};
  config.group_id = "keywatch";
  Result<std::string> found = TrySource(config, seconds(30));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, "logged in; 1 topic with 2 partitions, group keywatch");
}

}  // namespace
}  // namespace keywatch::kafka
