#include "connectors/webhook/http_sink.h"

#include <atomic>
#include <set>

#include <gtest/gtest.h>

#include "connectors/format/pagerduty.h"
#include "connectors/format/standard_webhooks.h"
#include "connectors/webhook/webhook_signer.h"
#include "engine/alert/alert_json.h"
#include "engine/base/crypto.h"
#include "engine/pipeline/delivery.h"
#include "tests/support/http_receiver.h"
#include "tests/support/temp_dir.h"

namespace keywatch::webhook {
namespace {

using pipeline::DeliveryOutcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using tests::HttpReceiver;
using Answer = HttpReceiver::Answer;

const std::string kOldSecret = "whsec_" + Base64Encode(std::string(24, 'o'));
const std::string kNewSecret = "whsec_" + Base64Encode(std::string(32, 'n'));

HttpSinkOptions OptionsFor(const std::string& url) {
  HttpSinkOptions options;
  options.name = "soc";
  options.url = url;
  options.format = [](const pipeline::OutgoingAlert& alert) -> Result<format::Message> {
    return format::Message{alert.json};
  };
  options.authorization =
      std::make_unique<WebhookSigner>(std::vector<Secret>{Secret(kNewSecret), Secret(kOldSecret)});
  options.client.timeout = milliseconds(2000);
  return options;
}

std::unique_ptr<HttpSink> MustMake(HttpSinkOptions options) {
  Result<std::unique_ptr<HttpSink>> made = HttpSink::Make(std::move(options));
  EXPECT_TRUE(made) << (made ? "" : made.error().message());
  return made ? std::move(made).value() : nullptr;
}

pipeline::OutgoingAlert AlertOf(const std::string& id) {
  return {id, "rule", "High", R"({"id":")" + id + R"(","text":"é"})"};
}

TEST(HttpSinkTest, FollowsAUrlInAFile) {
  HttpReceiver before;
  HttpReceiver after;
  tests::TempDir folder;
  tests::WriteFile(folder.File("url"), before.url() + "\n");
  HttpSinkOptions options = OptionsFor(before.url() + "/tail");
  options.url_file = *Secret::FromFile(folder.File("url"));
  options.url_tail = "/tail";
  auto sink = MustMake(std::move(options));
  EXPECT_EQ(sink->Deliver(AlertOf("01")).outcome, DeliveryOutcome::kAccepted);
  EXPECT_EQ(before.received().size(), 1U);
  tests::WriteFile(folder.File("url"), after.url() + "/\n");
  const auto end = std::chrono::steady_clock::now() + seconds(10);
  while (after.received().empty() && std::chrono::steady_clock::now() < end)
    EXPECT_EQ(sink->Deliver(AlertOf("02")).outcome, DeliveryOutcome::kAccepted);
  EXPECT_FALSE(after.received().empty());
  tests::WriteFile(folder.File("url"), "ftp://swordfish\n");
  pipeline::DeliveryResult result;
  while (result.outcome == DeliveryOutcome::kAccepted && std::chrono::steady_clock::now() < end)
    result = sink->Deliver(AlertOf("03"));
  EXPECT_EQ(result.outcome, DeliveryOutcome::kRetry) << "it may be mended";
  EXPECT_NE(result.detail.find(folder.File("url")), std::string::npos) << result.detail;
  EXPECT_EQ(result.detail.find("swordfish"), std::string::npos) << result.detail;
}

TEST(HttpSinkTest, SendsTheBytesAndSignsThem) {
  HttpReceiver receiver;
  HttpSinkOptions options = OptionsFor(receiver.url());
  options.headers = {{"authorization", Secret("Bearer x")}};
  options.client.user_agent = "keywatch/1.2.3";
  record::Ticks now = record::kUnixEpoch + 1'700'000'000 * record::kTicksPerSecond + 5'000'000;
  options.now = [&] { return now; };
  auto sink = MustMake(std::move(options));
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

TEST(HttpSinkTest, WrongConfigurationIsRefusedWithoutShowingSecrets) {
  Status wrong = WebhookSigner({Secret(kNewSecret), Secret("whsec_hunter2")}).Check();
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.message().find("hunter2"), std::string::npos);
  EXPECT_FALSE(HttpSink::Make(OptionsFor("http://example.com/")));
  for (http::Headers headers : {http::Headers{{"a\r\nb", "x"}},
                                http::Headers{{"a", "x\r\nb: c"}},
                                http::Headers{{"", "x"}},
                                http::Headers{{"Webhook-Id", "x"}},
                                http::Headers{{"content-length", "0"}}}) {
    HttpSinkOptions options = OptionsFor("https://example.com/");
    options.headers = {{headers[0].first, Secret(headers[0].second)}};
    EXPECT_FALSE(HttpSink::Make(std::move(options))) << headers[0].first;
  }
}

TEST(HttpSinkTest, FailuresAreNamed) {
  HttpReceiver resets([](const auto&) { return Answer{0, "", "", Answer::Kind::kReset}; });
  EXPECT_EQ(MustMake(OptionsFor(resets.url()))->Deliver(AlertOf("1")).reason, "reset");
  HttpReceiver hangs([](const auto&) { return Answer{0, "", "", Answer::Kind::kHang}; });
  HttpSinkOptions hasty = OptionsFor(hangs.url());
  hasty.client.timeout = milliseconds(100);
  EXPECT_EQ(MustMake(std::move(hasty))->Deliver(AlertOf("1")).reason, "timeout");
  HttpReceiver redirects([](const auto&) { return Answer{302, "Location: /x\r\n", "", {}}; });
  EXPECT_EQ(MustMake(OptionsFor(redirects.url()))->Deliver(AlertOf("1")).reason, "redirect");
}

alert::Alert FullAlert() {
  alert::Alert alert;
  alert.id = std::string(32, 'a');
  alert.rule = {"rule", "A rule", "1", "NRT", std::string(64, 'b')};
  alert.severity = "High";
  alert.title = "Title";
  record::Evidence evidence;
  evidence.record = "{\"operationName\":\"" + std::string(5000, 'x') + "\"}";
  alert.evidence = {evidence};
  return alert;
}

// A receiver takes 2 KB: it gets the alert again without its evidence, in the same attempt.
TEST(HttpSinkTest, WhatIsTooLargeIsShortenedOnce) {
  HttpReceiver small([](const auto& request) {
    return Answer{request.body.size() > 2000 ? 413 : 202, "", "", {}};
  });
  alert::Alert full = FullAlert();
  pipeline::OutgoingAlert alert{full.id, "rule", "High", alert::ToJson(full), false};
  EXPECT_EQ(MustMake(OptionsFor(small.url()))->Deliver(alert).outcome, DeliveryOutcome::kAccepted);
  auto received = small.received();
  ASSERT_EQ(received.size(), 2U);
  EXPECT_EQ(received[0].body, alert.json);
  EXPECT_NE(received[1].body.find("\"truncated\":[\"/evidence\"]"), std::string::npos)
      << received[1].body;
  EXPECT_EQ(received[1].headers.at("webhook-id"), full.id);

  HttpReceiver tiny([](const auto&) { return Answer{413, "", "too much", {}}; });
  pipeline::DeliveryResult refused = MustMake(OptionsFor(tiny.url()))->Deliver(alert);
  EXPECT_EQ(refused.outcome, DeliveryOutcome::kReject);
  EXPECT_NE(refused.detail.find("too much"), std::string::npos);
  EXPECT_EQ(tiny.received().size(), 2U);
}

TEST(HttpSinkTest, AnEndIsAMessageOfItsOwn) {
  HttpReceiver receiver;
  HttpSinkOptions options = OptionsFor(receiver.url());
  options.wants_ended = true;
  auto sink = MustMake(std::move(options));
  EXPECT_TRUE(sink->wants_ended());
  pipeline::OutgoingAlert alert = AlertOf("0011");
  alert.ended = true;
  EXPECT_EQ(sink->Deliver(alert).outcome, DeliveryOutcome::kAccepted);
  EXPECT_EQ(receiver.received()[0].headers.at("webhook-id"), "0011-ended");
}

TEST(HttpSinkTest, AReceiverThatThrottlesIsPaced) {
  HttpReceiver receiver;
  HttpSinkOptions options = OptionsFor(receiver.url());
  options.pace = milliseconds(60);
  auto sink = MustMake(std::move(options));
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(sink->Deliver(AlertOf("1")).outcome, DeliveryOutcome::kAccepted);
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(120));
}

TEST(HttpSinkTest, WhatIsNoAlertIsGivenUp) {
  HttpReceiver receiver;
  HttpSinkOptions options = OptionsFor(receiver.url());
  options.format = [](const pipeline::OutgoingAlert& alert) {
    return format::ToPagerDuty(alert.json, "key");
  };
  EXPECT_EQ(MustMake(std::move(options))->Deliver(AlertOf("1")).outcome, DeliveryOutcome::kReject);
  EXPECT_TRUE(receiver.received().empty());
}

// A token that cannot be had holds the alert back: credentials get repaired.
TEST(HttpSinkTest, WithoutCredentialsAnAlertWaits) {
  class NoToken : public Authorization {
   public:
    Result<http::Headers> Headers(const Attempt&) override { return Unavailable("no token"); }
  };
  HttpReceiver receiver;
  HttpSinkOptions options = OptionsFor(receiver.url());
  options.authorization = std::make_unique<NoToken>();
  pipeline::DeliveryResult result = MustMake(std::move(options))->Deliver(AlertOf("1"));
  EXPECT_EQ(result.outcome, DeliveryOutcome::kRetry);
  EXPECT_EQ(result.reason, "auth");
  EXPECT_EQ(result.detail, "no token");
  EXPECT_TRUE(receiver.received().empty());
}

// The metadata service of the cloud would hand out credentials: its address is refused by any name
// that leads to it, and without a byte sent.
TEST(HttpSinkTest, LinkLocalAddressesAreRefused) {
  for (const char* url : {"https://169.254.169.254/metadata/identity/oauth2/token",
                          "https://[fe80::1]/",
                          "https://[::ffff:169.254.169.254]/",
                          "https://168.63.129.16/"}) {
    pipeline::DeliveryResult result = MustMake(OptionsFor(url))->Deliver(AlertOf("1"));
    EXPECT_EQ(result.outcome, DeliveryOutcome::kRetry) << url;
    EXPECT_EQ(result.reason, "policy") << url << ' ' << result.detail;
  }
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
TEST(HttpSinkTest, DeliveryThroughABadDay) {
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
    HttpSinkOptions options = OptionsFor(receivers[i]->url());
    options.name = names[i];
    options.client.timeout = seconds(30);
    pipeline::DeliveryPolicy policy;
    policy.backoff = {milliseconds(5), milliseconds(20), 2.0};
    policy.probe = {milliseconds(5), milliseconds(20), 2.0};
    sinks.push_back(pipeline::DeliverySink::Of(MustMake(std::move(options)), policy));
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
