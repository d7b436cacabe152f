#include "connectors/kafka/client_config.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace keywatch::kafka {
namespace {

KafkaSourceConfig Valid() {
  KafkaSourceConfig config;
  config.client.brokers = "localhost:9092";
  config.topics = {"insights-logs-auditevent"};
  config.group_id = "keywatch";
  return config;
}

std::string Value(const ConfHandle& conf, const char* name) {
  std::array<char, 512> text{};
  size_t size = text.size();
  return rd_kafka_conf_get(conf.get(), name, text.data(), &size) == RD_KAFKA_CONF_OK ? text.data()
                                                                                     : "?";
}

std::string ErrorOf(const KafkaSourceConfig& config) { return CheckConfig(config).message(); }

TEST(ClientConfig, SetsWhatCorrectnessRestsOn) {
  KafkaSourceConfig config = Valid();
  config.client.properties = {{"session.timeout.ms", Secret("6000")},
                              {"heartbeat.interval.ms", Secret("500")}};
  Result<ConfHandle> conf = MakeClientConf(config);
  ASSERT_TRUE(conf) << conf.error().message();
  EXPECT_EQ(Value(*conf, "enable.auto.commit"), "false");
  EXPECT_EQ(Value(*conf, "enable.auto.offset.store"), "false");
  EXPECT_EQ(Value(*conf, "partition.assignment.strategy"), "cooperative-sticky");
  EXPECT_EQ(Value(*conf, "auto.offset.reset"), "error");
  EXPECT_EQ(Value(*conf, "bootstrap.servers"), "localhost:9092");
  EXPECT_EQ(Value(*conf, "group.id"), "keywatch");
  EXPECT_EQ(Value(*conf, "session.timeout.ms"), "6000");
  EXPECT_EQ(Value(*conf, "connections.max.idle.ms"), "180000");
}

// Event Hubs cuts connections that are idle for 240 s, and takes session timeouts of 6 to 300 s.
// learn.microsoft.com/azure/event-hubs/apache-kafka-configurations
TEST(ClientConfig, FitsEventHubs) {
  Result<ConfHandle> conf = MakeClientConf(Valid());
  ASSERT_TRUE(conf) << conf.error().message();
  EXPECT_EQ(Value(*conf, "socket.keepalive.enable"), "true");
  EXPECT_EQ(Value(*conf, "metadata.max.age.ms"), "180000");
  EXPECT_EQ(Value(*conf, "connections.max.idle.ms"), "180000");
  EXPECT_EQ(Value(*conf, "session.timeout.ms"), "30000");
  EXPECT_EQ(Value(*conf, "heartbeat.interval.ms"), "3000");
  EXPECT_EQ(Value(*conf, "max.poll.interval.ms"), "300000");
}

TEST(ClientConfig, NamesWhatIsMissing) {
  EXPECT_TRUE(CheckConfig(Valid()).ok());
  KafkaSourceConfig config = Valid();
  config.client.brokers.clear();
  EXPECT_EQ(ErrorOf(config), "brokers is empty: expected host:port, several with commas");
  config = Valid();
  config.topics.clear();
  EXPECT_EQ(ErrorOf(config), "topics is empty: expected at least one topic name");
  config = Valid();
  config.topics = {"^insights.*"};
  EXPECT_EQ(ErrorOf(config),
            "topics: \"^insights.*\" is no topic name; patterns are not supported");
  config.topics = {"a", "a"};
  EXPECT_EQ(ErrorOf(config), "topics: a stands there twice");
  config = Valid();
  config.group_id = std::string(257, 'g');
  EXPECT_EQ(ErrorOf(config), "group_id must have 1 to 256 characters");
  config = Valid();
  config.auto_offset_reset = "newest";
  EXPECT_EQ(ErrorOf(config), "auto_offset_reset: expected earliest or latest, found \"newest\"");
}

TEST(ClientConfig, NamesTheNearestPropertyOfAMisspeltOne) {
  KafkaSourceConfig config = Valid();
  config.client.properties = {{"sasl.pasword", Secret("x")}};
  EXPECT_EQ(ErrorOf(config), "unknown Kafka property sasl.pasword; did you mean sasl.password?");
  config.client.properties = {{"entirely.unheard.of", Secret("x")}};
  EXPECT_EQ(ErrorOf(config), "unknown Kafka property entirely.unheard.of");
}

TEST(ClientConfig, RefusesPropertiesThatAreItsOwn) {
  for (const char* name : {"enable.auto.commit",
                           "enable.auto.offset.store",
                           "partition.assignment.strategy",
                           "auto.offset.reset",
                           "bootstrap.servers",
                           "group.id"}) {
    KafkaSourceConfig config = Valid();
    config.client.properties = {{name, Secret("true")}};
    EXPECT_FALSE(CheckConfig(config).ok()) << name;
  }
}

TEST(ClientConfig, NeverShowsASecret) {
  for (const char* name : {"ssl.key.pem", "ssl.key.password", "sasl.password"}) {
    KafkaSourceConfig config = Valid();
    config.client.properties = {{name, Secret("hunter2")}, {"session.timeout.ms", Secret("never")}};
    EXPECT_EQ(ErrorOf(config).find("hunter2"), std::string::npos) << name;
    EXPECT_NE(ErrorOf(config).find("session.timeout.ms"), std::string::npos);
  }
}

}  // namespace
}  // namespace keywatch::kafka
