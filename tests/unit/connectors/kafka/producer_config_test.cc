#include "connectors/kafka/producer_config.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace keywatch::kafka {
namespace {

constexpr std::chrono::milliseconds kTimeout{15'000};

ClientSettings Valid() {
  ClientSettings client;
  client.brokers = "localhost:9092";
  return client;
}

std::string Value(const ConfHandle& conf, const char* name) {
  std::array<char, 512> text{};
  size_t size = text.size();
  return rd_kafka_conf_get(conf.get(), name, text.data(), &size) == RD_KAFKA_CONF_OK ? text.data()
                                                                                     : "?";
}

std::string ErrorOf(const ClientSettings& client, const std::string& topic = "alerts") {
  Result<ConfHandle> conf = MakeProducerConf(client, topic, kTimeout);
  return conf ? "" : conf.error().message();
}

TEST(ProducerConfig, SetsWhatCorrectnessRestsOn) {
  ClientSettings client = Valid();
  client.properties = {{"compression.type", Secret("lz4")}, {"client.id", Secret("watch-1")}};
  Result<ConfHandle> conf = MakeProducerConf(client, "alerts", kTimeout);
  ASSERT_TRUE(conf) << conf.error().message();
  EXPECT_EQ(Value(*conf, "enable.idempotence"), "true");
  EXPECT_EQ(Value(*conf, "acks"), "-1");
  EXPECT_EQ(Value(*conf, "message.timeout.ms"), "15000");
  EXPECT_EQ(Value(*conf, "queue.buffering.max.messages"), "16");
  EXPECT_EQ(Value(*conf, "compression.type"), "lz4");
  EXPECT_EQ(Value(*conf, "client.id"), "watch-1");
}

// Event Hubs cuts connections that are idle for 240 s.
TEST(ProducerConfig, FitsEventHubs) {
  Result<ConfHandle> conf = MakeProducerConf(Valid(), "alerts", kTimeout);
  ASSERT_TRUE(conf) << conf.error().message();
  EXPECT_EQ(Value(*conf, "socket.keepalive.enable"), "true");
  EXPECT_EQ(Value(*conf, "metadata.max.age.ms"), "180000");
  EXPECT_EQ(Value(*conf, "connections.max.idle.ms"), "180000");
}

TEST(ProducerConfig, NamesWhatIsWrong) {
  EXPECT_EQ(ErrorOf(Valid()), "");
  EXPECT_EQ(ErrorOf(ClientSettings{}), "brokers is empty: expected host:port, several with commas");
  EXPECT_NE(ErrorOf(Valid(), "a topic").find("found \"a topic\""), std::string::npos);
  EXPECT_NE(ErrorOf(Valid(), "..").find("topic: expected one name"), std::string::npos);
  EXPECT_EQ(ErrorOf(Valid(), std::string(249, 'a')), "");
  EXPECT_NE(ErrorOf(Valid(), std::string(250, 'a')), "");
}

TEST(ProducerConfig, RefusesWhatIsOurs) {
  const std::array<std::pair<const char*, const char*>, 6> cases = {{
      {"acks", "set by keywatch and cannot be changed"},
      {"enable.idempotence", "set by keywatch and cannot be changed"},
      {"request.required.acks", "acks is all"},
      {"message.timeout.ms", "use timeout beside properties"},
      {"bootstrap.servers", "use brokers beside properties"},
      {"acsk", "unknown Kafka property acsk; did you mean acks?"},
  }};
  for (const auto& [name, says] : cases) {
    ClientSettings client = Valid();
    client.properties = {{name, Secret("1")}};
    EXPECT_NE(ErrorOf(client).find(says), std::string::npos) << name << ": " << ErrorOf(client);
  }
}

}  // namespace
}  // namespace keywatch::kafka
