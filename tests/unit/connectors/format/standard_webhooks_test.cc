#include "connectors/format/standard_webhooks.h"

#include <gtest/gtest.h>

#include "engine/base/crypto.h"

namespace keywatch::format {
namespace {

std::string SecretOf(size_t bytes) { return "whsec_" + Base64Encode(std::string(bytes, 'k')); }

TEST(StandardWebhooksTest, Secrets) {
  EXPECT_EQ(*ParseWebhookSecret(SecretOf(24)), std::string(24, 'k'));
  EXPECT_EQ(*ParseWebhookSecret(SecretOf(64)), std::string(64, 'k'));
  for (const std::string& wrong : {std::string(),
                                   std::string("whsec_"),
                                   SecretOf(23),
                                   SecretOf(65),
                                   SecretOf(24).substr(6),
                                   std::string("whsk_") + SecretOf(32).substr(6),
                                   SecretOf(32) + "\n",
                                   SecretOf(32) + " "}) {
    Result<std::string> parsed = ParseWebhookSecret(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().message().find("a2tra2tr"), std::string::npos) << "shows the secret";
  }
}

// The example of the specification's own libraries.
TEST(StandardWebhooksTest, SignsAsTheReferenceImplementation) {
  std::string key = *ParseWebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  EXPECT_EQ(
      SignWebhook({key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(StandardWebhooksTest, EachKeySignsWhileKeysAreRotated) {
  std::string first(32, 'a');
  std::string second(32, 'b');
  EXPECT_EQ(SignWebhook({first, second}, "id", 7, "{}"),
            SignWebhook({first}, "id", 7, "{}") + " " + SignWebhook({second}, "id", 7, "{}"));
}

TEST(StandardWebhooksTest, HeadersAndTheUnsignedForm) {
  auto headers = WebhookHeaders({std::string(32, 'a')}, "id", 1614265330, "{}");
  ASSERT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers[0], (std::pair<std::string, std::string>("webhook-id", "id")));
  EXPECT_EQ(headers[1], (std::pair<std::string, std::string>("webhook-timestamp", "1614265330")));
  EXPECT_EQ(headers[2].first, "webhook-signature");
  EXPECT_EQ(WebhookHeaders({}, "id", 1, "{}").size(), 2U);
}

}  // namespace
}  // namespace keywatch::format
