#include "connectors/webhook/delivery_outcome.h"

#include <iterator>

#include <gtest/gtest.h>

#include "engine/pipeline/delivery_probe.h"

namespace keywatch::webhook {
namespace {

using pipeline::DeliveryOutcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

// 2026-11-24T10:00:00Z
const record::Ticks kNow = *record::ParseIsoDatetime("2026-11-24T10:00:00Z");

struct Case {
  int status;
  const char* retry_after;
  DeliveryOutcome outcome;
  const char* reason;
  milliseconds wait;
};

TEST(DeliveryOutcomeTest, ByStatus) {
  constexpr auto kAccepted = DeliveryOutcome::kAccepted;
  constexpr auto kRetry = DeliveryOutcome::kRetry;
  constexpr auto kReject = DeliveryOutcome::kReject;
  const Case cases[] = {
      {200, "", kAccepted, "", {}},
      {201, "", kAccepted, "", {}},
      {204, "9", kAccepted, "", {}},
      {299, "", kAccepted, "", {}},
      {301, "", kReject, "redirect", {}},
      {304, "", kReject, "redirect", {}},
      {307, "", kReject, "redirect", {}},
      {400, "9", kReject, "http_4xx", {}},
      {401, "", kRetry, "auth", seconds(60)},
      {401, "300", kRetry, "auth", seconds(300)},
      {403, "5", kRetry, "auth", seconds(60)},
      {404, "", kReject, "http_4xx", {}},
      {408, "", kRetry, "http_4xx", {}},
      {410, "", kReject, "gone", {}},
      {413, "", kReject, "http_4xx", {}},
      {422, "", kReject, "http_4xx", {}},
      {425, "3", kRetry, "http_4xx", seconds(3)},
      {429, "", kRetry, "throttled", seconds(60)},
      {429, "7", kRetry, "throttled", seconds(7)},
      {429, "0", kRetry, "throttled", {}},
      {429, "Tue, 24 Nov 2026 10:02:00 GMT", kRetry, "throttled", seconds(120)},
      {429, "soon", kRetry, "throttled", seconds(60)},
      {451, "", kReject, "http_4xx", {}},
      {500, "", kRetry, "http_5xx", {}},
      {501, "", kRetry, "http_5xx", {}},
      {502, "", kRetry, "http_5xx", {}},
      {503, "30", kRetry, "http_5xx", seconds(30)},
      {503, "Tue, 24 Nov 2026 09:00:00 GMT", kRetry, "http_5xx", {}},
      {599, "", kRetry, "http_5xx", {}},
      {0, "", kRetry, "network", {}},
      {199, "", kRetry, "network", {}},
      {600, "", kRetry, "network", {}},
  };
  for (const Case& c : cases) {
    http::Response response;
    response.status = c.status;
    response.headers["retry-after"] = c.retry_after;
    pipeline::DeliveryResult result = Outcome(Receiver::kWebhook, response, kNow);
    EXPECT_EQ(result.outcome, c.outcome) << c.status;
    EXPECT_EQ(result.reason, c.reason) << c.status;
    EXPECT_EQ(result.retry_after, c.wait) << c.status << " " << c.retry_after;
  }
}

TEST(DeliveryOutcomeTest, NoAnswerIsRetriedForALabelThatMetricsKnow) {
  using http::TransportError;
  for (TransportError error : {TransportError::kTimeout,
                               TransportError::kRefused,
                               TransportError::kReset,
                               TransportError::kDns,
                               TransportError::kTls,
                               TransportError::kPolicy,
                               TransportError::kCancelled,
                               TransportError::kOther}) {
    http::Response response;
    response.error = error;
    response.status =
        200;  // a status line came, the rest did not: at least once beats at most once
    response.error_detail = "why";
    pipeline::DeliveryResult result = Outcome(Receiver::kWebhook, response, kNow);
    EXPECT_EQ(result.outcome, DeliveryOutcome::kRetry);
    EXPECT_EQ(result.detail, "why");
    auto known = std::find_if(std::begin(pipeline::kDeliveryReasons),
                              std::end(pipeline::kDeliveryReasons),
                              [&](const char* reason) { return result.reason == reason; });
    EXPECT_NE(known, std::end(pipeline::kDeliveryReasons)) << result.reason;
  }
}

TEST(DeliveryOutcomeTest, TheDetailSaysWhatTheReceiverSaid) {
  http::Response response;
  response.status = 302;
  response.headers["location"] = "https://elsewhere.example/";
  response.body = "moved\r\n\x1b[31m" + std::string(5000, 'x');
  std::string detail = Outcome(Receiver::kWebhook, response, kNow).detail;
  EXPECT_EQ(detail.substr(0, 45), "HTTP 302 to https://elsewhere.example/: moved");
  EXPECT_EQ(detail.find('\x1b'), std::string::npos);
  EXPECT_LT(detail.size(), 400U);
}

TEST(DeliveryOutcomeTest, RetryAfter) {
  EXPECT_EQ(ParseRetryAfter("120", kNow), seconds(120));
  EXPECT_EQ(ParseRetryAfter("0", kNow), seconds(0));
  EXPECT_EQ(ParseRetryAfter("99999999999999999999", kNow), seconds(7 * 24 * 3600));
  EXPECT_EQ(ParseRetryAfter("Tue, 24 Nov 2026 10:00:01 GMT", kNow), seconds(1));
  EXPECT_EQ(ParseRetryAfter("Mon, 23 Nov 2026 10:00:01 GMT", kNow), seconds(0));
  for (const char* text :
       {"", "-1", "1.5", "5s", "2026-11-24T10:00:01Z", "GMT", "Tue, 99 Nov 2026 10:00:01 GMT"}) {
    EXPECT_EQ(ParseRetryAfter(text, kNow), std::nullopt) << text;
  }
}

http::Response Answered(int status, const std::string& body) {
  http::Response response;
  response.status = status;
  response.body = body;
  return response;
}

TEST(DeliveryOutcomeTest, ReceiversWithWaysOfTheirOwn) {
  // PagerDuty's own advice: a backoff of a few minutes.
  EXPECT_EQ(Outcome(Receiver::kPagerDuty, Answered(429, ""), kNow).retry_after, seconds(120));
  EXPECT_EQ(Outcome(Receiver::kSlack, Answered(429, ""), kNow).retry_after, seconds(60));

  auto slack = [](int status, const std::string& body) {
    return Outcome(Receiver::kSlack, Answered(status, body), kNow);
  };
  EXPECT_EQ(slack(200, "ok").outcome, DeliveryOutcome::kAccepted);
  EXPECT_EQ(slack(200, R"({"ok":true})").outcome, DeliveryOutcome::kAccepted);
  EXPECT_EQ(slack(200, R"({"ok":false,"error":"no_text"})").outcome, DeliveryOutcome::kReject);
  EXPECT_EQ(slack(200, R"({"ok":false,"error":"ratelimited"})").reason, "throttled");
  EXPECT_EQ(slack(400, "invalid_payload").outcome, DeliveryOutcome::kReject);
  EXPECT_EQ(slack(404, "no_service").outcome, DeliveryOutcome::kReject);

  auto teams = [](const std::string& body) {
    return Outcome(Receiver::kTeams, Answered(200, body), kNow);
  };
  const std::string failed =
      "Webhook message delivery failed with error: Microsoft Teams endpoint "
      "returned HTTP error ";
  EXPECT_EQ(teams("1").outcome, DeliveryOutcome::kAccepted);
  EXPECT_EQ(teams(failed + "429 with ContextId x").reason, "throttled");
  EXPECT_EQ(teams(failed + "503").reason, "http_5xx");
  EXPECT_EQ(teams(failed + "413 with ContextId x").outcome, DeliveryOutcome::kReject);
  // Nobody else's 200 is doubted.
  EXPECT_EQ(Outcome(Receiver::kWebhook, Answered(200, failed + "429"), kNow).outcome,
            DeliveryOutcome::kAccepted);
}

TEST(DeliveryOutcomeTest, TooLarge) {
  EXPECT_TRUE(IsTooLarge(Receiver::kWebhook, Answered(413, "")));
  EXPECT_FALSE(IsTooLarge(Receiver::kWebhook, Answered(400, "msg_too_long")));
  EXPECT_TRUE(IsTooLarge(Receiver::kSlack, Answered(400, "msg_blocks_too_long")));
  EXPECT_TRUE(IsTooLarge(Receiver::kTeams, Answered(400, "Request entity too large")));
  EXPECT_TRUE(IsTooLarge(Receiver::kTeams, Answered(200, "returned HTTP error 413 with ..")));
  EXPECT_FALSE(IsTooLarge(Receiver::kTeams, Answered(200, "1")));
  http::Response none = Answered(413, "");
  none.error = http::TransportError::kReset;
  EXPECT_FALSE(IsTooLarge(Receiver::kWebhook, none));
}

}  // namespace
}  // namespace keywatch::webhook
