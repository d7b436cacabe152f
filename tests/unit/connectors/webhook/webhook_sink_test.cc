#include "connectors/webhook/webhook_sink.h"

#include <atomic>
#include <set>

#include <gtest/gtest.h>

#include "connectors/format/standard_webhooks.h"
#include "engine/base/crypto.h"
#include "engine/pipeline/delivery.h"
#include "tests/support/http_receiver.h"

namespace keywatch::webhook {
namespace {

using pipeline::DeliveryOutcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using tests::HttpReceiver;
using Answer = HttpReceiver::Answer;

const std::string kOldSecret = "whsec_" + Base64Encode(std::string(24, 'o'));
const std::string kNewSecret = "whsec_" + Base64Encode(std::string(32, 'n'));

WebhookOptions OptionsFor(const std::string& url) {
  WebhookOptions options;
  options.name = "soc";
  options.url = url;
  options.secrets = {Secret(kNewSecret), Secret(kOldSecret)};
  options.client.timeout = milliseconds(2000);
  return options;
}

std::unique_ptr<WebhookSink> MustMake(WebhookOptions options) {
  Result<std::unique_ptr<WebhookSink>> made = WebhookSink::Make(std::move(options));
  EXPECT_TRUE(made) << (made ? "" : made.error().message());
  return made ? std::move(made).value() : nullptr;
}

pipeline::OutgoingAlert AlertOf(const std::string& id) {
  return {id, "rule", "High", R"({"id":")" + id + R"(","text":"é"})"};
}

TEST(WebhookSinkTest, SendsTheBytesAndSignsThem) {
  HttpReceiver receiver;
  WebhookOptions options = OptionsFor(receiver.url());
  options.headers = {{"authorization", Secret("Bearer x")}};
  options.client.user_agent = "keywatch/1.2.3";
  record::Ticks now = record::kUnixEpoch + 1'700'000'000 * record::kTicksPerSecond + 5'000'000;
  options.now = [&] { return now; };
  auto sink = MustMake(options);
  pipeline::OutgoingAlert alert = AlertOf("0011");
  EXPECT_EQ(sink->Deliver(alert).outcome, DeliveryOutcome::kAccepted);
  now += 90 * record::kTicksPerSecond;  // a retry: same id, signed anew
  EXPECT_EQ(sink->Deliver(alert).outcome, DeliveryOutcome::kAccepted);

  auto received = receiver.received();
  ASSERT_EQ(received.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    int64_t time = 1'700'000'000 + static_cast<int64_t>(i) * 90;
    const auto& headers = received[i].headers;
    EXPECT_EQ(received[i].body, alert.json);
    EXPECT_EQ(headers.at("webhook-id"), "0011");
    EXPECT_EQ(headers.at("webhook-timestamp"), std::to_string(time));
    EXPECT_EQ(headers.at("webhook-signature"),
              format::SignWebhook(
                  {std::string(32, 'n'), std::string(24, 'o')}, "0011", time, alert.json));
    EXPECT_EQ(headers.at("content-type"), "application/json");
    EXPECT_EQ(headers.at("user-agent"), "keywatch/1.2.3");
    EXPECT_EQ(headers.at("authorization"), "Bearer x");
  }
  EXPECT_EQ(received[0].headers.at("keywatch-sent-time"), "2023-11-14T22:13:20.5Z");
}

TEST(WebhookSinkTest, WrongConfigurationIsRefusedWithoutShowingSecrets) {
  WebhookOptions options = OptionsFor("https://example.com/");
  options.secrets.emplace_back("whsec_hunter2");
  Result<std::unique_ptr<WebhookSink>> made = WebhookSink::Make(options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message().find("hunter2"), std::string::npos);
  EXPECT_NE(made.error().message().find("sink soc"), std::string::npos);
  EXPECT_FALSE(WebhookSink::Make(OptionsFor("http://example.com/")));
  for (http::Headers headers : {http::Headers{{"a\r\nb", "x"}},
                                http::Headers{{"a", "x\r\nb: c"}},
                                http::Headers{{"", "x"}},
                                http::Headers{{"Webhook-Id", "x"}},
                                http::Headers{{"content-length", "0"}}}) {
    options = OptionsFor("https://example.com/");
    options.headers = {{headers[0].first, Secret(headers[0].second)}};
    EXPECT_FALSE(WebhookSink::Make(options)) << headers[0].first;
  }
}

TEST(WebhookSinkTest, FailuresAreNamed) {
  HttpReceiver resets([](const auto&) { return Answer{0, "", "", Answer::Kind::kReset}; });
  EXPECT_EQ(MustMake(OptionsFor(resets.url()))->Deliver(AlertOf("1")).reason, "reset");
  HttpReceiver hangs([](const auto&) { return Answer{0, "", "", Answer::Kind::kHang}; });
  WebhookOptions hasty = OptionsFor(hangs.url());
  hasty.client.timeout = milliseconds(100);
  EXPECT_EQ(MustMake(hasty)->Deliver(AlertOf("1")).reason, "timeout");
  HttpReceiver redirects([](const auto&) { return Answer{302, "Location: /x\r\n", "", {}}; });
  EXPECT_EQ(MustMake(OptionsFor(redirects.url()))->Deliver(AlertOf("1")).reason, "redirect");
}

class NoDeadLetters : public pipeline::DeadLetters {
 public:
  Status AddAlert(const pipeline::DeadAlert& dead) override {
    letters.push_back(dead.alert->id + " " + dead.reason);
    return {};
  }
  std::vector<std::string> letters;
};

// The whole way: a receiver that resets, throttles, fails and refuses, beside one that hangs and
// one that works. Everybody gets, or buries, every alert.
TEST(WebhookSinkTest, DeliveryThroughABadDay) {
  std::atomic<int> calls{0};
  HttpReceiver moody([&](const auto& request) -> Answer {
    if (request.headers.at("webhook-id") == "bad")
      return {400, "", "no such field", {}};
    switch (calls++) {
      case 0:
        return {500, "", "", {}};
      case 1:
        return {0, "", "", Answer::Kind::kReset};
      case 2:
        return {429, "Retry-After: 1\r\n", "", {}};
      case 3:
        return {503, "", "", {}};
      default:
        return {202, "", "", {}};
    }
  });
  HttpReceiver hangs([](const auto&) { return Answer{0, "", "", Answer::Kind::kHang}; });
  HttpReceiver works;
  std::vector<pipeline::DeliverySink> sinks;
  std::vector<std::string> names = {"moody", "hangs", "works"};
  const HttpReceiver* receivers[] = {&moody, &hangs, &works};
  for (size_t i = 0; i < 3; ++i) {
    WebhookOptions options = OptionsFor(receivers[i]->url());
    options.name = names[i];
    options.client.timeout = seconds(30);
    pipeline::DeliveryPolicy policy;
    policy.backoff = {milliseconds(5), milliseconds(20), 2.0};
    policy.probe = {milliseconds(5), milliseconds(20), 2.0};
    sinks.push_back(pipeline::DeliverySink::Of(MustMake(options), policy));
  }
  NoDeadLetters dead;
  MetricRegistry metrics;
  auto outbox = state::Outbox::Open(":memory:", names).value();
  pipeline::Delivery delivery(outbox.get(), std::move(sinks), &dead, &metrics);
  delivery.Start();
  std::vector<pipeline::OutgoingAlert> alerts = {AlertOf("bad")};
  std::set<std::string> ids;
  for (int i = 0; i < 30; ++i) {
    alerts.push_back(AlertOf("a" + std::to_string(i)));
    ids.insert(alerts.back().id);
  }
  ASSERT_TRUE(delivery.Submit(alerts));
  ASSERT_TRUE(works.WaitFor(31));
  for (int i = 0; i < 1000 && outbox->PendingCount("moody") > 0; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(outbox->PendingCount("moody"), 0);
  EXPECT_EQ(outbox->Count("moody")->accepted, 30);
  EXPECT_EQ(dead.letters, std::vector<std::string>{"bad http_4xx"});
  std::set<std::string> seen;
  for (const auto& request : moody.received())
    seen.insert(request.headers.at("webhook-id"));
  ids.insert("bad");
  EXPECT_EQ(seen, ids);
  EXPECT_EQ(outbox->PendingCount("hangs"), 31);
  auto start = std::chrono::steady_clock::now();
  delivery.Stop(milliseconds(50));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(4));
}

}  // namespace
}  // namespace keywatch::webhook
