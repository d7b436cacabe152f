// The real Alertmanager is in test_sinks.py; here: what goes over the wire, and when again.
#include "connectors/webhook/alertmanager_sink.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "engine/alert/alert_json.h"
#include "engine/record/dynamic.h"
#include "tests/support/http_receiver.h"

namespace keywatch::webhook {
namespace {

using pipeline::DeliveryOutcome;
using tests::HttpReceiver;
using Answer = HttpReceiver::Answer;

pipeline::OutgoingAlert AlertOf(char id) {
  alert::Alert alert;
  alert.id = std::string(32, id);
  alert.rule = {"r1", "A rule: b", "1", "NRT", std::string(64, 'b')};
  alert.severity = "High";
  alert.title = "Title";
  alert.interval_start = record::kUnixEpoch;
  return {alert.id, "r1", "High", alert::ToJson(alert), false};
}

pipeline::OutgoingAlert EndOf(pipeline::OutgoingAlert alert) {
  alert.json = alert::EndedJson(alert.json, record::kUnixEpoch + record::kTicksPerHour);
  alert.ended = true;
  return alert;
}

std::unique_ptr<AlertmanagerSink> MustMake(const HttpReceiver& receiver, FiringPolicy firing) {
  AlertmanagerOptions options;
  options.name = "am";
  options.url = receiver.url();
  options.firing = firing;
  auto made = AlertmanagerSink::Make(std::move(options));
  EXPECT_TRUE(made);
  return std::move(made).value();
}

// How long the only alert of a body still fires.
record::Ticks EndsIn(const std::string& body) {
  std::optional<record::Dynamic> json = record::ParseJson(body);
  const record::Dynamic* ends = json->At(0)->Find("endsAt");
  return *record::ParseIsoDatetime(*ends->string()) - record::WallNow();
}

TEST(AlertmanagerSink, TellsAgainUntilTheEnd) {
  HttpReceiver receiver;
  FiringPolicy firing;
  firing.resend = record::kTicksPerSecond / 2;
  firing.min_firing = 0;
  auto sink = MustMake(receiver, firing);
  EXPECT_TRUE(sink->wants_ended());
  EXPECT_EQ(sink->Deliver(AlertOf('a')).outcome, DeliveryOutcome::kAccepted);
  ASSERT_TRUE(receiver.WaitFor(2)) << "told again by itself";
  auto received = receiver.received();
  EXPECT_EQ(received[0].body, received[1].body);
  EXPECT_NE(received[0].body.find("\"alertname\":\"ARuleB\""), std::string::npos);
  EXPECT_GT(EndsIn(received[0].body), 23 * record::kTicksPerHour);
  EXPECT_EQ(sink->Deliver(EndOf(AlertOf('a'))).outcome, DeliveryOutcome::kAccepted);
  EXPECT_LE(EndsIn(receiver.received().back().body), 0);
  size_t count = receiver.received().size();
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  EXPECT_EQ(receiver.received().size(), count) << "what is over is not told again";
}

// A request of before that comes after the end would make the alert fire on until `hold`.
TEST(AlertmanagerSink, TheEndIsTheLastWord) {
  std::atomic<int> posts{0};
  HttpReceiver receiver([&](const auto&) {
    if (++posts == 2)
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    return Answer();
  });
  FiringPolicy firing;
  firing.resend = 1;
  firing.min_firing = 0;
  auto sink = MustMake(receiver, firing);
  EXPECT_EQ(sink->Deliver(AlertOf('a')).outcome, DeliveryOutcome::kAccepted);
  while (posts < 2)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(sink->Deliver(EndOf(AlertOf('a'))).outcome, DeliveryOutcome::kAccepted);
  sink.reset();
  auto received = receiver.received();
  ASSERT_EQ(received.size(), 3U);
  EXPECT_LE(EndsIn(received.back().body), 0);
}

TEST(AlertmanagerSink, AnEndWaitsForMinFiring) {
  HttpReceiver receiver;
  auto sink = MustMake(receiver, {});
  EXPECT_EQ(sink->Deliver(EndOf(AlertOf('a'))).outcome, DeliveryOutcome::kAccepted);
  EXPECT_GT(EndsIn(receiver.received()[0].body), 4 * record::kTicksPerMinute);
}

TEST(AlertmanagerSink, RefusalsAndStops) {
  HttpReceiver refuses([](const auto&) { return Answer{400, "", "\"bad\"", {}}; });
  EXPECT_EQ(MustMake(refuses, {})->Deliver(AlertOf('a')).outcome, DeliveryOutcome::kReject);
  HttpReceiver hangs([](const auto&) { return Answer{0, "", "", Answer::Kind::kHang}; });
  auto sink = MustMake(hangs, {});
  std::thread stopper([&] {
    hangs.WaitFor(1);
    sink->Cancel();
  });
  EXPECT_EQ(sink->Deliver(AlertOf('a')).outcome, DeliveryOutcome::kRetry);
  stopper.join();
}

}  // namespace
}  // namespace keywatch::webhook
