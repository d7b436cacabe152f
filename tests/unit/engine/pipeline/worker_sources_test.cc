// Several sources at one worker.
#include <deque>
#include <thread>

#include <gtest/gtest.h>

#include "engine/pipeline/worker.h"
#include "tests/support/rule_of.h"
#include "tests/support/temp_dir.h"
#include "tests/support/text_decoder.h"
#include "tests/support/text_match.h"

namespace keywatch::pipeline {
namespace {

using std::chrono::milliseconds;
using tests::Has;
using Texts = std::vector<std::string>;

// Gives what it is handed, one text a batch; waits as long as it may when it has nothing.
class FedSource : public Source {
 public:
  FedSource(std::string name, Texts texts) : name_(std::move(name)) {
    for (std::string& text : texts)
      texts_.push_back(std::move(text));
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  Status Open(const Positions& /*restored*/) override { return {}; }
  Result<RawBatch> Poll(milliseconds timeout) override {
    while (stuck)
      std::this_thread::sleep_for(milliseconds(1));
    RawBatch batch;
    if (texts_.empty()) {
      std::this_thread::sleep_for(timeout);
      batch.end = ends;
      return batch;
    }
    given_.push_back(std::move(texts_.front()));
    texts_.pop_front();
    batch.messages.push_back({&name_, static_cast<int64_t>(given_.size()), given_.back(), 0});
    batch.read_time = tests::kStart;
    return batch;
  }
  void Commit(const Positions& /*durable*/) override {}
  void Close() override {}
  [[nodiscard]] SourceHealth Health() const override { return {connected, true, "", 0}; }

  std::atomic<bool> connected = true;
  std::atomic<bool> ends = true;
  std::atomic<bool> stuck = false;

 private:
  const std::string name_;
  std::deque<std::string> texts_;
  std::deque<std::string> given_;
};

class WorkerSourcesTest : public testing::Test {
 protected:
  FedSource* Add(const std::string& name, Texts texts) {
    auto source = std::make_unique<FedSource>(name, std::move(texts));
    FedSource* added = source.get();
    inputs_.push_back({std::move(source), nullptr});
    return added;
  }
  void Make(const std::string& query) {
    engine_ = std::make_unique<RuleEngine>(std::vector<rule::CompiledRule>{tests::RuleOf(query)},
                                           record::SchemaCatalog::Builtin(),
                                           EngineSettings{});
    for (Input& input : inputs_)
      input.decoder = std::make_unique<tests::TextDecoder>(engine_->layout());
    WorkerOutputs outputs;
    outputs.reject = [](const RejectedRecord&) { return Status(); };
    outputs.sync_rejects = [] { return Status(); };
    outputs.alerts = [this](const std::vector<OutgoingAlert>& alerts) {
      if (outbox_full_)
        return Exhausted("the outbox is full");
      alerts_ += alerts.size();
      return Status();
    };
    WorkerSettings settings = settings_;
    settings.data_dir = dir_.File("data");
    settings.idle_timeout = 0;
    worker_ = std::make_unique<Worker>(
        settings, engine_.get(), std::move(inputs_), std::move(outputs), &metrics_);
    ASSERT_TRUE(worker_->Start().ok());
  }
  void Run() {
    Status ran = worker_->Run(stop_);
    EXPECT_TRUE(ran.ok()) << ran.message();
  }

  bool Eventually(const std::function<bool()>& condition) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(milliseconds(2));
    return condition();
  }

  tests::TempDir dir_;
  WorkerSettings settings_;
  MetricRegistry metrics_;
  std::vector<Input> inputs_;
  std::unique_ptr<RuleEngine> engine_;
  std::unique_ptr<Worker> worker_;
  std::atomic<size_t> alerts_ = 0;
  std::atomic<bool> outbox_full_ = false;
  std::atomic<bool> stop_ = false;
};

TEST_F(WorkerSourcesTest, ARecordOfTwoSourcesCountsOnce) {
  Texts texts;
  for (int hour = 0; hour < 5; ++hour)  // of event time apart: still remembered
    texts.push_back(std::to_string(hour * 3600) + " X a 403");
  texts.insert(texts.end(), {"18001 X a 403", "18002 X b 403", "18003 X b 403"});
  Add("one", texts);
  Add("two", texts);
  Make(tests::kRefusals);
  Run();
  EXPECT_EQ(alerts_, 0U);  // twice two are not three
  std::string page = metrics_.Expose();
  EXPECT_TRUE(Has(page, "keywatch_events_received_total{source=\"one\"} 8"));
  EXPECT_TRUE(Has(page, "keywatch_events_received_total{source=\"two\"} 8"));
  EXPECT_TRUE(Has(page, "keywatch_events_duplicate_total{source=\"two\"} 8"));
}

TEST_F(WorkerSourcesTest, AnIdleSourceDoesNotSlowABusyOne) {
  Add("idle", {})->ends = false;
  Add("idle2", {})->ends = false;
  Texts texts;
  for (int i = 0; i < 400; ++i)
    texts.push_back(std::to_string(i) + " SecretPurge a");
  Add("busy", texts);
  Make(tests::kPurges);
  auto begin = std::chrono::steady_clock::now();
  std::thread runner([this] { Run(); });
  while (alerts_ < 400 && std::chrono::steady_clock::now() < begin + std::chrono::seconds(20))
    std::this_thread::sleep_for(milliseconds(1));
  auto took = std::chrono::steady_clock::now() - begin;
  stop_ = true;
  runner.join();
  EXPECT_EQ(alerts_, 400U);
  EXPECT_LT(took, std::chrono::seconds(4));  // 20 ms for each idle source were 16 s
}

TEST_F(WorkerSourcesTest, ASourceThatIsNotConnectedIsWaitedFor) {
  FedSource* down = Add("down", {});
  down->connected = false;
  down->ends = false;
  Add("live", {"0 X a", "2000 X b", "4000 X c"});
  Make(tests::kQuiet);
  std::thread runner([this] { Run(); });
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(alerts_, 0U);
  EXPECT_TRUE(Has(metrics_.Expose(), "keywatch_source_connected{source=\"down\"} 0"));
  down->connected = true;
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (alerts_ < 2 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(milliseconds(2));
  stop_ = true;
  runner.join();
  EXPECT_EQ(alerts_, 2U);  // of a and b; c is within the allowed lateness
}

TEST_F(WorkerSourcesTest, WhatASourceThatIsNotConnectedHoldsBackIsSaid) {
  FedSource* down = Add("down", {});
  down->connected = false;
  down->ends = false;
  Add("live", {"0 X a"});
  settings_.held_back_after = 0;
  Make(tests::kQuiet);
  std::thread runner([this] { Run(); });
  const auto problems = [this] {
    std::string all;
    for (const std::string& problem : worker_->Problems())
      all += problem + "\n";
    return all;
  };
  EXPECT_TRUE(Eventually([&] {
    return Has(problems(),
               "source down: not connected; rules that wait for complete records raise nothing new "
               "until it is back, or taken out of the configuration: Rule\n");
  })) << problems();
  EXPECT_TRUE(Eventually([&] {
    return Has(metrics_.Expose(), "keywatch_source_rules_held_back{source=\"down\"} 1");
  }));
  EXPECT_TRUE(Has(metrics_.Expose(), "keywatch_source_rules_held_back{source=\"live\"} 0"));
  EXPECT_TRUE(Has(worker_->View()->sources[0].health.problem, "raise nothing new"));
  down->connected = true;
  EXPECT_TRUE(Eventually([&] { return problems().empty(); })) << problems();
  EXPECT_TRUE(Eventually([&] {
    return Has(metrics_.Expose(), "keywatch_source_rules_held_back{source=\"down\"} 0");
  }));
  stop_ = true;
  runner.join();
}

TEST_F(WorkerSourcesTest, RulesThatRaiseOnArrivalAreNotHeldBack) {
  FedSource* down = Add("down", {});
  down->connected = false;
  settings_.held_back_after = 0;
  Make(tests::kPurges);
  Run();
  EXPECT_TRUE(Has(metrics_.Expose(), "keywatch_source_rules_held_back{source=\"down\"} 0"));
}

TEST_F(WorkerSourcesTest, ALoopThatHangsIsSaidAndOneThatWaitsIsNot) {
  FedSource* source = Add("one", {"1 SecretPurge a"});
  source->ends = false;
  settings_.hang_after = milliseconds(400);
  outbox_full_ = true;
  Make(tests::kPurges);
  EXPECT_EQ(worker_->Hang(), "") << "it does not run yet";
  std::thread runner([this] { Run(); });
  const auto quiet_for = [this](milliseconds time) {
    auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      if (!worker_->Hang().empty())
        return false;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return true;
  };
  EXPECT_TRUE(quiet_for(milliseconds(1'200))) << "it waits for a full outbox";
  outbox_full_ = false;
  EXPECT_TRUE(Eventually([this] { return alerts_ == 1; }));
  EXPECT_TRUE(quiet_for(milliseconds(1'000))) << "there is nothing to read";
  source->stuck = true;
  EXPECT_TRUE(
      Eventually([this] { return Has(worker_->Hang(), "has not turned for 0 s: restart"); }));
  EXPECT_TRUE(Has(worker_->Problems().front(), "has not turned"));
  source->stuck = false;
  EXPECT_TRUE(Eventually([this] { return worker_->Hang().empty(); }));
  stop_ = true;
  runner.join();
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_EQ(worker_->Hang(), "") << "it ended";
}

}  // namespace
}  // namespace keywatch::pipeline
