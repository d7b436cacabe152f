#include "engine/pipeline/delivery.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace keywatch::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;
using record::Ticks;

// Answers as its script says, and remembers whom it saw.
class ScriptedSink : public Sink {
 public:
  using Script = std::function<DeliveryResult(const OutgoingAlert&, int call)>;

  explicit ScriptedSink(std::string name, Script script = nullptr)
      : name_(std::move(name)), script_(std::move(script)) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool wants_ended() const override { return ends; }

  DeliveryResult Deliver(const OutgoingAlert& alert) override {
    int call = ++calls_;
    DeliveryResult result = script_ ? script_(alert, call) : DeliveryResult();
    std::lock_guard lock(mutex_);
    std::string id = alert.ended ? alert.id + " ended" : alert.id;
    seen_.push_back(id);
    if (result.outcome == DeliveryOutcome::kAccepted)
      accepted_.push_back(id);
    changed_.notify_all();
    return result;
  }

  void Cancel() override {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
  }

  // For a script: as a receiver that never answers.
  DeliveryResult Hang() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return cancelled_; });
    return {DeliveryOutcome::kRetry, "timeout", "cancelled", {}};
  }

  std::vector<std::string> accepted() {
    std::lock_guard lock(mutex_);
    return accepted_;
  }
  int calls() const { return calls_; }

  bool ends = false;

  bool WaitForAccepted(size_t count, milliseconds timeout = seconds(10)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return accepted_.size() >= count; });
  }

 private:
  std::string name_;
  Script script_;
  std::atomic<int> calls_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> seen_;
  std::vector<std::string> accepted_;
  bool cancelled_ = false;
};

class MemoryDeadLetters : public DeadLetters {
 public:
  Status AddAlert(const DeadAlert& dead) override {
    std::lock_guard lock(mutex_);
    if (failures_left > 0) {
      --failures_left;
      return Unavailable("disk full");
    }
    letters.push_back(dead.sink + " " + dead.alert->id + " " + dead.reason);
    return {};
  }
  std::mutex mutex_;
  std::vector<std::string> letters;
  int failures_left = 0;
};

OutgoingAlert AlertOf(int number) {
  return {"id" + std::to_string(number), "rule", "High", "{\"n\":" + std::to_string(number) + "}"};
}

std::vector<OutgoingAlert> AlertsOf(int count, int first = 0) {
  std::vector<OutgoingAlert> alerts;
  for (int i = 0; i < count; ++i)
    alerts.push_back(AlertOf(first + i));
  return alerts;
}

DeliveryPolicy Quick() {
  DeliveryPolicy policy;
  policy.backoff = {milliseconds(2), milliseconds(10), 2.0};
  policy.probe = {milliseconds(10), milliseconds(20), 2.0};
  return policy;
}

class DeliveryTest : public ::testing::Test {
 protected:
  ScriptedSink* AddSink(const std::string& name,
                        ScriptedSink::Script script = nullptr,
                        DeliveryPolicy policy = Quick()) {
    auto sink = std::make_unique<ScriptedSink>(name, std::move(script));
    ScriptedSink* raw = sink.get();
    names_.push_back(name);
    sinks_.push_back(DeliverySink::Of(std::move(sink), policy));
    return raw;
  }

  void Start(const std::string& path = ":memory:", DeliveryOptions options = {}) {
    outbox_ = state::Outbox::Open(path, names_).value();
    delivery_ = std::make_unique<Delivery>(
        outbox_.get(), std::move(sinks_), &dead_, &metrics_, std::move(options));
    delivery_->Start();
  }

  void Submit(const std::vector<OutgoingAlert>& alerts) {
    Result<size_t> taken = delivery_->Submit(alerts);
    ASSERT_TRUE(taken) << taken.error().message();
  }

  double Metric(const std::string& series) {
    std::string text = metrics_.Expose();
    size_t at = ("\n" + text).find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size()));
  }

  MetricRegistry metrics_;
  MemoryDeadLetters dead_;
  std::vector<std::string> names_;
  std::vector<DeliverySink> sinks_;
  std::unique_ptr<state::Outbox> outbox_;
  std::unique_ptr<Delivery> delivery_;
};

TEST_F(DeliveryTest, EverySinkGetsEveryAlertOnceInOrder) {
  ScriptedSink* a = AddSink("a");
  ScriptedSink* b = AddSink("b");
  Start();
  std::vector<std::string> expected;
  for (int i = 0; i < 300; ++i)
    expected.push_back(AlertOf(i).id);
  for (int i = 0; i < 300; i += 10)
    Submit(AlertsOf(10, i));
  Submit(AlertsOf(300));  // a replay
  ASSERT_TRUE(delivery_->WaitUntilIdle(seconds(10)));
  EXPECT_EQ(a->accepted(), expected);
  EXPECT_EQ(b->accepted(), expected);
  EXPECT_EQ(Metric(R"(keywatch_sink_deliveries_total{outcome="accepted",sink="a"})"), 300);
  EXPECT_EQ(Metric(R"(keywatch_sink_queue_length{sink="a"})"), 0);
}

// Woken by the submission, not by a poll: all fifty take less than one polling interval would.
TEST_F(DeliveryTest, AnAlertGoesOutAtOnce) {
  ScriptedSink* a = AddSink("a");
  Start();
  std::this_thread::sleep_for(milliseconds(20));
  Clock::time_point start = Clock::now();
  for (int i = 0; i < 50; ++i) {
    Submit({AlertOf(i)});
    ASSERT_TRUE(a->WaitForAccepted(static_cast<size_t>(i) + 1));
  }
  EXPECT_LT(Clock::now() - start, milliseconds(900));
}

TEST_F(DeliveryTest, AHangingSinkHoldsBackNothingElse) {
  ScriptedSink* hanging = nullptr;
  hanging = AddSink("hangs", [&](const OutgoingAlert&, int) { return hanging->Hang(); });
  ScriptedSink* fast = AddSink("fast");
  Start();
  for (int i = 0; i < 200; ++i)
    Submit({AlertOf(i)});
  EXPECT_TRUE(fast->WaitForAccepted(200));
  while (hanging->calls() == 0)
    std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(outbox_->PendingCount("hangs"), 200);
  EXPECT_GT(Metric(R"(keywatch_sink_oldest_undelivered_timestamp_seconds{sink="hangs"})"), 0);
  EXPECT_EQ(Metric(R"(keywatch_sink_queue_length{sink="hangs"})"), 200);
  Clock::time_point start = Clock::now();
  delivery_->Stop(milliseconds(50));
  EXPECT_LT(Clock::now() - start, seconds(2));
  // Nothing is lost: it is owed, and no attempt was counted against it.
  EXPECT_EQ(outbox_->PendingCount("hangs"), 200);
  EXPECT_EQ(outbox_->PendingCount("fast"), 0);
}

TEST_F(DeliveryTest, FailuresAreRetriedUntilAccepted) {
  ScriptedSink* a = AddSink("a", [](const OutgoingAlert&, int call) -> DeliveryResult {
    if (call % 3 != 0)
      return {DeliveryOutcome::kRetry, "http_5xx", "HTTP 503", {}};
    return {};
  });
  Start();
  Submit(AlertsOf(20));
  ASSERT_TRUE(delivery_->WaitUntilIdle(seconds(20)));
  std::vector<std::string> accepted = a->accepted();
  EXPECT_EQ(std::set<std::string>(accepted.begin(), accepted.end()).size(), 20U);
  EXPECT_EQ(accepted.size(), 20U);
  EXPECT_GE(Metric(R"(keywatch_sink_retries_total{sink="a"})"), 20);
  EXPECT_GE(Metric(R"(keywatch_sink_failures_total{reason="http_5xx",sink="a"})"), 20);
  EXPECT_TRUE(dead_.letters.empty());
}

// One alert that fails for ever does not keep the others waiting.
TEST_F(DeliveryTest, APoisonousAlertStandsAside) {
  ScriptedSink* a = AddSink("a", [](const OutgoingAlert& alert, int) -> DeliveryResult {
    if (alert.id == "id0")
      return {DeliveryOutcome::kRetry, "http_5xx", "HTTP 500", {}};
    return {};
  });
  Start();
  for (int i = 0; i < 50; ++i)
    Submit({AlertOf(i)});
  EXPECT_TRUE(a->WaitForAccepted(49));
  EXPECT_EQ(Metric(R"(keywatch_sink_circuit_open{sink="a"})"), 0);
}

TEST_F(DeliveryTest, RejectedAlertsAreDeadLetters) {
  AddSink("a", [](const OutgoingAlert& alert, int) -> DeliveryResult {
    if (alert.id == "id1")
      return {DeliveryOutcome::kReject, "http_4xx", "HTTP 400", {}};
    return {};
  });
  Start();
  Submit(AlertsOf(3));
  ASSERT_TRUE(delivery_->WaitUntilIdle(seconds(10)));
  EXPECT_EQ(dead_.letters, std::vector<std::string>{"a id1 http_4xx"});
  EXPECT_EQ(Metric(R"(keywatch_sink_deliveries_total{outcome="rejected",sink="a"})"), 1);
  EXPECT_EQ(Metric(R"(keywatch_dlq_records_total{reason="http_4xx",sink="a"})"), 1);
  EXPECT_EQ(outbox_->Count("a")->dead, 1);
}

TEST_F(DeliveryTest, ADeadLetterThatCannotBeWrittenIsNotLost) {
  dead_.failures_left = 3;
  AddSink("a", [](const OutgoingAlert&, int) -> DeliveryResult {
    return {DeliveryOutcome::kReject, "http_4xx", "HTTP 400", {}};
  });
  Start();
  Submit(AlertsOf(1));
  ASSERT_TRUE(delivery_->WaitUntilIdle(seconds(10)));
  EXPECT_EQ(dead_.letters, std::vector<std::string>{"a id0 http_4xx"});
}

TEST_F(DeliveryTest, AttemptsEndInADeadLetter) {
  DeliveryPolicy policy = Quick();
  policy.most_attempts = 4;
  policy.circuit_failures = 1'000'000;
  ScriptedSink* a = AddSink(
      "a",
      [](const OutgoingAlert&, int) -> DeliveryResult {
        return {DeliveryOutcome::kRetry, "timeout", "15 s", {}};
      },
      policy);
  Start();
  Submit(AlertsOf(2));
  ASSERT_TRUE(delivery_->WaitUntilIdle(seconds(10)));
  EXPECT_EQ(a->calls(), 8);
  EXPECT_EQ(dead_.letters.size(), 2U);
  EXPECT_EQ(Metric(R"(keywatch_sink_deliveries_total{outcome="expired",sink="a"})"), 2);
  EXPECT_EQ(Metric(R"(keywatch_dlq_records_total{reason="attempts",sink="a"})"), 2);
}

// While a receiver is down it is probed, not stormed; once it answers, everything goes out.
TEST_F(DeliveryTest, TheCircuitOpensAndCloses) {
  std::atomic<bool> down{true};
  DeliveryPolicy policy = Quick();
  policy.backoff = {milliseconds(50), std::chrono::minutes(5), 2.0};
  ScriptedSink* a = AddSink(
      "a",
      [&](const OutgoingAlert&, int) -> DeliveryResult {
        if (down)
          return {DeliveryOutcome::kRetry, "refused", "connection refused", {}};
        return {};
      },
      policy);
  Start();
  Submit(AlertsOf(100));
  std::this_thread::sleep_for(milliseconds(300));
  int calls = a->calls();
  EXPECT_GE(calls, 5);
  EXPECT_LT(calls, 60);  // 5, then a probe every 10 to 20 ms
  EXPECT_EQ(Metric(R"(keywatch_sink_circuit_open{sink="a"})"), 1);
  EXPECT_FALSE(delivery_->Health()[0].healthy);
  EXPECT_EQ(delivery_->Health()[0].problem, "refused: connection refused");
  down = false;
  ASSERT_TRUE(delivery_->WaitUntilIdle(seconds(10)));
  EXPECT_EQ(a->accepted().size(), 100U);
  EXPECT_EQ(Metric(R"(keywatch_sink_circuit_open{sink="a"})"), 0);
  EXPECT_TRUE(delivery_->Health()[0].healthy);
  EXPECT_GT(delivery_->Health()[0].accepted, 0);
  EXPECT_TRUE(dead_.letters.empty());
}

TEST_F(DeliveryTest, RetryAfterIsHonoured) {
  std::atomic<int64_t> first{0};
  std::atomic<int64_t> second{0};
  ScriptedSink* a = AddSink("a", [&](const OutgoingAlert&, int call) -> DeliveryResult {
    int64_t now = Clock::now().time_since_epoch().count();
    if (call == 1) {
      first = now;
      return {DeliveryOutcome::kRetry, "throttled", "HTTP 429", milliseconds(300)};
    }
    if (call == 2)
      second = now;
    return {};
  });
  Start();
  Submit(AlertsOf(1));
  std::this_thread::sleep_for(milliseconds(30));
  Submit(AlertsOf(5, 1));  // a pause is for the receiver, not for one alert
  ASSERT_TRUE(a->WaitForAccepted(6));
  EXPECT_GE(second - first, std::chrono::nanoseconds(milliseconds(299)).count());
}

TEST_F(DeliveryTest, StopDrainsWhatIsDue) {
  ScriptedSink* a = AddSink("a", [](const OutgoingAlert&, int) -> DeliveryResult {
    std::this_thread::sleep_for(milliseconds(2));
    return {};
  });
  Start();
  Submit(AlertsOf(100));
  delivery_->Stop(seconds(10));
  EXPECT_EQ(a->accepted().size(), 100U);
  EXPECT_EQ(outbox_->PendingCount("a"), 0);
}

TEST_F(DeliveryTest, StopKeepsItsBound) {
  AddSink("a", [](const OutgoingAlert&, int) -> DeliveryResult {
    std::this_thread::sleep_for(milliseconds(20));
    return {};
  });
  Start();
  Submit(AlertsOf(1000));
  Clock::time_point start = Clock::now();
  delivery_->Stop(milliseconds(100));
  EXPECT_LT(Clock::now() - start, seconds(1));
  EXPECT_GT(outbox_->PendingCount("a"), 0);
}

TEST_F(DeliveryTest, WhatIsLeftIsDeliveredAfterARestart) {
  tests::TempDir dir;
  std::string path = dir.File("outbox.db");
  AddSink("a", [](const OutgoingAlert& alert, int) -> DeliveryResult {
    if (alert.id == "id1")
      return {DeliveryOutcome::kRetry, "http_5xx", "", std::chrono::hours(1)};
    return {};
  });
  Start(path);
  Submit(AlertsOf(4));
  std::this_thread::sleep_for(milliseconds(100));
  delivery_.reset();
  outbox_.reset();
  names_.clear();
  sinks_.clear();
  // The clock is a day further: what was to wait is due.
  ScriptedSink* again = AddSink("a");
  DeliveryOptions options;
  options.now = [] { return record::WallNow() + record::kTicksPerDay; };
  Start(path, options);
  ASSERT_TRUE(delivery_->WaitUntilIdle(seconds(10)));
  EXPECT_EQ(again->accepted(), (std::vector<std::string>{"id1", "id2", "id3"}));
}

// A clock that was set back by a year must not put the retries off for a year.
TEST_F(DeliveryTest, AClockSetBackDelaysNothing) {
  std::atomic<Ticks> shift{0};
  std::atomic<bool> down{true};
  ScriptedSink* a = AddSink("a", [&](const OutgoingAlert&, int) -> DeliveryResult {
    if (down)
      return {DeliveryOutcome::kRetry, "http_5xx", "", milliseconds(50)};
    return {};
  });
  DeliveryOptions options;
  options.now = [&] { return record::WallNow() + shift; };
  Start(":memory:", options);
  Submit(AlertsOf(3));
  std::this_thread::sleep_for(milliseconds(100));
  shift = -365 * record::kTicksPerDay;
  down = false;
  Submit(AlertsOf(1, 3));
  EXPECT_TRUE(a->WaitForAccepted(4, seconds(5)));
}

TEST_F(DeliveryTest, AFailingOutboxIsReportedToTheCaller) {
  AddSink("a");
  Start();
  ASSERT_TRUE(outbox_->LimitPages(1).ok());
  std::vector<OutgoingAlert> big = AlertsOf(5);
  for (auto& alert : big)
    alert.json = std::string(100'000, 'x');
  Result<size_t> taken = delivery_->Submit(big);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(outbox_->PendingCount("a"), 0);
}

TEST_F(DeliveryTest, AnAlertGoesWhereItIsRouted) {
  ScriptedSink* a = AddSink("a");
  ScriptedSink* b = AddSink("b");
  sinks_[1].accepts = [](const OutgoingAlert& alert) { return alert.id == "id1"; };
  Start();
  Submit(AlertsOf(3));
  ASSERT_TRUE(delivery_->WaitUntilIdle(seconds(10)));
  EXPECT_EQ(a->accepted().size(), 3U);
  EXPECT_EQ(b->accepted(), std::vector<std::string>{"id1"});
}

TEST_F(DeliveryTest, AnEndFollowsItsAlertToWhoWantsIt) {
  ScriptedSink* a = AddSink("a");
  // Takes the alert at the third attempt only: its end has to wait.
  ScriptedSink* b = AddSink("b", [](const OutgoingAlert& alert, int call) -> DeliveryResult {
    if (alert.ended) {
      EXPECT_EQ(alert.json.substr(0, 31), R"({"type":"alert.ended","ended":")");
      return {};
    }
    return call < 3 ? DeliveryResult{DeliveryOutcome::kRetry, "http_5xx", "", {}}
                    : DeliveryResult();
  });
  b->ends = true;
  Start();
  OutgoingAlert alert = AlertOf(1);
  alert.json = R"({"type":"alert.raised","id":"id1"})";
  Submit({alert});
  std::vector<alert::EndedAlert> ended = {{"id1", record::kUnixEpoch}, {"unknown", 1}};
  ASSERT_TRUE(delivery_->SubmitEnded(ended).ok());
  ASSERT_TRUE(delivery_->SubmitEnded(ended).ok()) << "a replay";
  ASSERT_TRUE(delivery_->WaitUntilIdle(seconds(10)));
  EXPECT_EQ(a->accepted(), std::vector<std::string>{"id1"});
  EXPECT_EQ(b->accepted(), (std::vector<std::string>{"id1", "id1 ended"}));
}

TEST_F(DeliveryTest, LanesDeliverAtTheSameTime) {
  std::mutex mutex;
  std::condition_variable all_there;
  int there = 0;
  auto wait_for_all = [&](const OutgoingAlert&, int) -> DeliveryResult {
    std::unique_lock lock(mutex);
    ++there;
    all_there.notify_all();
    bool met = all_there.wait_for(lock, seconds(10), [&] { return there >= 3; });
    return met ? DeliveryResult() : DeliveryResult{DeliveryOutcome::kReject, "other", "", {}};
  };
  ScriptedSink* first = AddSink("a", wait_for_all);
  for (int lane = 1; lane < 3; ++lane)
    sinks_[0].lanes.push_back(std::make_unique<ScriptedSink>("a", wait_for_all));
  Start();
  Submit(AlertsOf(3));
  ASSERT_TRUE(delivery_->WaitUntilIdle(seconds(20)));
  EXPECT_EQ(first->accepted().size(), 1U);
  EXPECT_TRUE(dead_.letters.empty());
  Submit(AlertsOf(300, 3));
  EXPECT_TRUE(delivery_->WaitUntilIdle(seconds(20)));
  EXPECT_EQ(Metric("keywatch_sink_deliveries_total{outcome=\"accepted\",sink=\"a\"}"), 303);
}

}  // namespace
}  // namespace keywatch::pipeline
