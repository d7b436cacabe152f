#include "app/connectors/event_hubs_source.h"

#include <gtest/gtest.h>

#include "engine/rule/yaml_node.h"
#include "tests/support/temp_dir.h"
#include "tests/support/text_match.h"

namespace keywatch::app {
namespace {

using tests::Has;
using Texts = std::vector<std::string>;

constexpr const char* kString =
    "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=listen;"
    "SharedAccessKey=c2VjcmV0;EntityPath=my-hub";

class EventHubsSourceTest : public testing::Test {
 protected:
  KafkaSourceSettings Read(const std::string& item) {
    SourceText source{"k.yaml", item + "\n", 1, 0};
    diagnostics_ = {};
    const std::optional<rule::YamlNode> node = rule::ParseYaml(source, &diagnostics_);
    EXPECT_TRUE(node);
    Fields fields(*node, "a source", dir_.path(), &diagnostics_);
    KafkaSourceSettings out = ReadEventHubsSource(&fields).kafka;
    fields.Finish();
    messages_ = Format(source, diagnostics_);
    return out;
  }

  tests::TempDir dir_;
  Diagnostics diagnostics_;
  std::string messages_;
};

TEST_F(EventHubsSourceTest, AConnectionStringSaysItAll) {
  tests::WriteFile(dir_.File("string"), kString);
  const KafkaSourceSettings kafka = Read("{connection_string_file: string}");
  EXPECT_EQ(messages_, "");
  EXPECT_EQ(kafka.client.brokers, (Texts{"contoso.servicebus.windows.net:9093"}));
  EXPECT_EQ(kafka.topics, (Texts{"my-hub"}));
  EXPECT_EQ(kafka.group_id, "keywatch");
  Result<kafka::ClientSettings> client = ToClientSettings(kafka.client);
  ASSERT_TRUE(client);
  EXPECT_EQ(client->properties.at("security.protocol").Reveal(), "SASL_SSL");
  EXPECT_EQ(client->properties.at("sasl.mechanism").Reveal(), "PLAIN");
  EXPECT_EQ(client->properties.at("sasl.username").Reveal(), "$ConnectionString");
  EXPECT_EQ(client->properties.at("sasl.password").Reveal(), kString);
  EXPECT_EQ(client->properties.at("sasl.password").path(), dir_.File("string"));
  EXPECT_TRUE(MakeSource("hub", kafka));
}

TEST_F(EventHubsSourceTest, AnIdentityNeedsTheNamespace) {
  const KafkaSourceSettings kafka = Read(
      "{namespace: contoso, hubs: [a, b], consumer_group: g, auto_offset_reset: latest, "
      "auth: {type: managed_identity}}");
  EXPECT_EQ(messages_, "");
  EXPECT_EQ(kafka.client.brokers, (Texts{"contoso.servicebus.windows.net:9093"}));
  EXPECT_EQ(kafka.topics, (Texts{"a", "b"}));
  EXPECT_EQ(kafka.group_id, "g");
  EXPECT_EQ(kafka.auto_offset_reset, "latest");
  EXPECT_TRUE(MakeSource("hub", kafka));
  EXPECT_EQ(Read("{namespace: c.servicebus.chinacloudapi.cn, auth: {type: managed_identity}}")
                .client.brokers,
            (Texts{"c.servicebus.chinacloudapi.cn:9093"}));
  EXPECT_EQ(Read("{namespace: contoso, auth: {type: managed_identity}}").topics,
            (Texts{"insights-logs-auditevent"}));
}

TEST_F(EventHubsSourceTest, SaysWhatIsMissing) {
  Read("{namespace: contoso}");
  EXPECT_TRUE(Has(messages_, "connection_string_file or auth"));
  Read("{auth: {type: managed_identity}}");
  EXPECT_TRUE(Has(messages_, "namespace"));
  Read("{namespace: 'sb://contoso/', auth: {type: managed_identity}}");
  EXPECT_TRUE(Has(messages_, "found a URL"));
  Read("{connection_string: hunter2}");
  EXPECT_TRUE(Has(messages_, "expected an Event Hubs connection string"));
  EXPECT_EQ(messages_.find("SharedAccessKey=hunter2"), std::string::npos);
  Read(std::string("{auth: {type: managed_identity}, connection_string: '") + kString + "'}");
  EXPECT_TRUE(Has(messages_, "found both"));
}

}  // namespace
}  // namespace keywatch::app
