#include "connectors/kafka/client_property.h"

#include <gtest/gtest.h>

#include "connectors/kafka/handles.h"

namespace keywatch::kafka {
namespace {

class NoTokens final : public azure::TokenProvider {
 public:
  Result<azure::AccessToken> Token() override { return Unavailable("none"); }
  void Refused(const std::string& /*token*/) override {}
  void Cancel() override {}
};

std::string Property(const ConfHandle& conf, const char* name) {
  std::string out(256, '\0');
  size_t size = out.size();
  rd_kafka_conf_get(conf.get(), name, out.data(), &size);
  return out.c_str();
}

TEST(ClientProperty, TokensMeanOauthbearerOverTls) {
  ClientSettings settings;
  settings.brokers = "contoso.servicebus.windows.net:9093";
  ConfHandle plain(rd_kafka_conf_new());
  ASSERT_TRUE(SetConnection(plain.get(), settings).ok());
  EXPECT_EQ(Property(plain, "bootstrap.servers"), settings.brokers);
  EXPECT_EQ(Property(plain, "security.protocol"), "plaintext");

  settings.tokens = std::make_shared<NoTokens>();
  ConfHandle conf(rd_kafka_conf_new());
  ASSERT_TRUE(SetConnection(conf.get(), settings).ok());
  EXPECT_EQ(Property(conf, "security.protocol"), "sasl_ssl");
  EXPECT_EQ(Property(conf, "sasl.mechanism"), "OAUTHBEARER");

  settings.properties.emplace("sasl.mechanism", Secret("PLAIN"));
  EXPECT_FALSE(SetConnection(conf.get(), settings).ok());
}

TEST(ClientProperty, ASecretIsNotRepeated) {
  EXPECT_TRUE(IsSecretProperty("sasl.password"));
  EXPECT_TRUE(IsSecretProperty("ssl.key.pem"));
  EXPECT_FALSE(IsSecretProperty("ssl.ca.location"));
}

}  // namespace
}  // namespace keywatch::kafka
