// The order of what the loop makes durable, with sources and outputs that keep a journal.
#include "engine/pipeline/worker.h"

#include <condition_variable>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "engine/state/snapshot_file.h"
#include "tests/support/rule_of.h"
#include "tests/support/temp_dir.h"
#include "tests/support/text_decoder.h"
#include "tests/support/text_match.h"

namespace keywatch::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using tests::Has;
using tests::kPurges;
using tests::kQuiet;
using tests::kRefusals;
using Texts = std::vector<std::string>;

constexpr char kPartition[] = "hub/0";

// What happened, in order, as short texts. Any thread.
class Journal {
 public:
  void Add(const std::string& entry) {
    std::lock_guard lock(mutex_);
    entries_.push_back(entry);
  }
  [[nodiscard]] Texts entries() const {
    std::lock_guard lock(mutex_);
    return entries_;
  }
  [[nodiscard]] size_t Count(const std::string& entry) const {
    Texts all = entries();
    return static_cast<size_t>(std::count(all.begin(), all.end(), entry));
  }
  // Where the entry is for the first time; far behind everything if it is not there.
  [[nodiscard]] size_t Place(const std::string& entry) const {
    Texts all = entries();
    auto found = std::find(all.begin(), all.end(), entry);
    return found == all.end() ? SIZE_MAX : static_cast<size_t>(found - all.begin());
  }

 private:
  mutable std::mutex mutex_;
  Texts entries_;  // guarded by mutex_
};

// One partition that holds `batches`, a record a message; the offset is the record's number.
class ScriptedSource : public Source {
 public:
  ScriptedSource(std::vector<Texts> batches, Journal* journal)
      : batches_(std::move(batches)), journal_(journal) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  Status Open(const Positions& restored) override {
    opened_ = restored;
    position_ = restored.contains(kPartition) ? restored.at(kPartition) : 0;
    return open_status;
  }
  Result<RawBatch> Poll(milliseconds /*timeout*/) override {
    RawBatch batch;
    if (waits && position_ != committed_)
      return batch;
    size_t first = 0;
    for (const Texts& texts : batches_) {
      if (static_cast<int64_t>(first) >= position_) {
        Fill(texts, &batch);
        journal_->Add("read " + std::to_string(position_));
        if (forget_at == position_)
          batch.next[kPartition] = kForgetPosition;
        return batch;
      }
      first += texts.size();
    }
    if (!poll_status.ok())
      return poll_status;
    batch.end = ends;
    if (!ends)
      std::this_thread::sleep_for(milliseconds(1));
    return batch;
  }
  void Commit(const Positions& durable) override {
    auto found = durable.find(kPartition);
    journal_->Add("commit " +
                  (found == durable.end() ? std::string("-") : std::to_string(found->second)));
    committed_ = found == durable.end() ? 0 : found->second;
    if (on_commit)
      on_commit(durable);
  }
  void Close() override { journal_->Add("close"); }
  [[nodiscard]] SourceHealth Health() const override { return health; }

  [[nodiscard]] const Positions& opened() const { return opened_; }

  bool waits = false;  // gives a batch only when everything before it is committed
  bool ends = true;
  int64_t forget_at = -1;
  Status open_status;
  Status poll_status;  // after the last batch
  SourceHealth health{true, true, "", 0};
  std::function<void(const Positions&)> on_commit;

 private:
  void Fill(const Texts& texts, RawBatch* batch) {
    batch->read_time = tests::kStart;
    for (const std::string& text : texts)
      batch->messages.push_back({&origin_, position_++, text, 0});
    batch->next[kPartition] = position_;
  }

  const std::string name_ = "hub";
  const std::string origin_ = kPartition;
  std::vector<Texts> batches_;
  Journal* journal_;
  Positions opened_;
  int64_t position_ = 0;
  int64_t committed_ = 0;
};

// A worker over one scripted source, with outputs that can be made to fail.
class Fixture {
 public:
  Fixture(const std::string& data_dir,
          const std::string& query,
          std::vector<Texts> batches,
          WorkerSettings settings = {})
      : engine({tests::RuleOf(query)}, record::SchemaCatalog::Builtin(), {}) {
    settings.data_dir = data_dir;
    if (settings.idle_timeout == WorkerSettings().idle_timeout)
      settings.idle_timeout = 0;
    if (settings.snapshot_interval == WorkerSettings().snapshot_interval)
      settings.snapshot_interval = 0;  // whenever something has changed
    auto made = std::make_unique<ScriptedSource>(std::move(batches), &journal);
    source = made.get();
    std::vector<Input> inputs;
    inputs.push_back({std::move(made), std::make_unique<tests::TextDecoder>(engine.layout(), 2)});
    WorkerOutputs outputs;
    outputs.alerts = [this](const std::vector<OutgoingAlert>& alerts) { return Take(alerts); };
    outputs.reject = [this](const RejectedRecord& rejected) {
      bool fails = reject_failures > 0 && reject_failures-- > 0;
      journal.Add((fails ? "cannot reject " : "reject ") + std::string(rejected.bytes));
      return fails ? Unavailable("the disk is full") : Status();
    };
    outputs.sync_rejects = [this] {
      journal.Add("sync");
      if (on_sync)
        on_sync();
      return sync_fails ? Unavailable("the disk is full") : Status();
    };
    worker = std::make_unique<Worker>(
        settings, &engine, std::move(inputs), std::move(outputs), &metrics);
  }
  ~Fixture() { StopThread(); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  // Start and Run, until the source has ended.
  void RunToTheEnd() {
    ASSERT_TRUE(worker->Start().ok());
    Status ran = worker->Run(stop);
    ASSERT_TRUE(ran.ok()) << ran.message();
  }
  void RunInThread() {
    ASSERT_TRUE(worker->Start().ok());
    thread = std::thread([this] { (void)worker->Run(stop); });
  }
  void StopThread() {
    stop = true;
    if (thread.joinable())
      thread.join();
  }
  [[nodiscard]] bool Eventually(const std::function<bool()>& condition) const {
    auto end = std::chrono::steady_clock::now() + seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end)
        return false;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return true;
  }
  [[nodiscard]] std::string Problems() const {
    std::string all;
    for (const std::string& problem : worker->Problems())
      all += problem + "\n";
    return all;
  }

  Journal journal;
  MetricRegistry metrics;
  RuleEngine engine;
  ScriptedSource* source = nullptr;
  std::atomic<bool> outbox_full = false;
  std::atomic<int> reject_failures = 0;
  std::atomic<bool> sync_fails = false;
  std::function<void()> on_sync;
  std::atomic<bool> stop = false;
  bool stop_at_alert = false;
  std::vector<std::string> alert_ids;  // as stored
  std::unique_ptr<Worker> worker;
  std::thread thread;

 private:
  Status Take(const std::vector<OutgoingAlert>& alerts) {
    if (outbox_full) {
      journal.Add("full");
      return Exhausted("the outbox is full");
    }
    for (const OutgoingAlert& alert : alerts) {
      EXPECT_TRUE(Has(alert.json, alert.id));
      alert_ids.push_back(alert.id);
      stop = stop || stop_at_alert;
      journal.Add("alert");
    }
    return {};
  }
};

class WorkerTest : public testing::Test {
 protected:
  std::string Data() const { return dir_.File("data"); }
  tests::TempDir dir_;
};

TEST_F(WorkerTest, AlertsAreStoredBeforeTheNextBatchAndBeforePositionsAreCommitted) {
  Fixture run(Data(), kPurges, {{"1 SecretPurge a", "2 SecretGet a"}, {"3 SecretPurge b"}});
  run.source->waits = true;
  run.RunToTheEnd();
  EXPECT_EQ(
      run.journal.entries(),
      (Texts{
          "read 2", "alert", "sync", "commit 2", "read 3", "alert", "sync", "commit 3", "close"}));
  EXPECT_TRUE(run.worker->ended());
  EXPECT_EQ(run.Problems(), "");
}

TEST_F(WorkerTest, WhatIsCommittedIsInASnapshotOnDisk) {
  Fixture run(Data(), kRefusals, {{"1 X a 403", "2 X a 403"}, {"3 X a 403"}, {"4 X a 403"}});
  // As if the machine stopped at each commit.
  std::vector<std::pair<std::string, Positions>> images;
  run.source->on_commit = [&](const Positions& durable) {
    std::string image = dir_.File("image" + std::to_string(images.size()));
    std::filesystem::copy(Data(), image, std::filesystem::copy_options::recursive);
    images.emplace_back(image, durable);
  };
  run.source->waits = true;
  run.RunToTheEnd();
  ASSERT_EQ(images.size(), 3U);
  for (const auto& [image, durable] : images) {
    Fixture again(image, kRefusals, {{"1 X a 403", "2 X a 403"}, {"3 X a 403"}, {"4 X a 403"}});
    again.RunToTheEnd();
    EXPECT_EQ(again.source->opened(), durable);
    EXPECT_EQ(again.engine.Report()[0].alerts, 1U);
  }
}

TEST_F(WorkerTest, ARestartTakesUpStateAndPositions) {
  std::vector<Texts> batches = {{"1 X a 403", "2 X a 403"}};
  Fixture first(Data(), kRefusals, batches);
  first.RunToTheEnd();
  EXPECT_TRUE(first.source->opened().empty());
  EXPECT_EQ(first.journal.Count("alert"), 0U);
  batches.push_back({"3 X a 403"});
  Fixture second(Data(), kRefusals, batches);
  second.RunToTheEnd();
  EXPECT_EQ(second.source->opened(), (Positions{{kPartition, 2}}));
  EXPECT_EQ(second.journal.Count("read 2"), 0U);
  EXPECT_EQ(second.journal.Count("alert"), 1U);
}

TEST_F(WorkerTest, AForgottenPartitionIsNotRemembered) {
  Fixture first(Data(), kPurges, {{"1 X a"}, {"2 X a"}});
  first.source->forget_at = 2;
  first.RunToTheEnd();
  EXPECT_EQ(first.journal.Count("commit 1"), 1U);
  EXPECT_EQ(first.journal.Count("commit -"), 1U);
  Fixture second(Data(), kPurges, {});
  second.RunToTheEnd();
  EXPECT_TRUE(second.source->opened().empty());
}

TEST_F(WorkerTest, EvaluationGoesOnWhileASnapshotIsWritten) {
  Fixture run(Data(), kRefusals, {{"1 X a 403", "2 X a 403"}, {"3 X a 403"}});
  // The disk takes the first snapshot only when the next batch has been evaluated.
  run.on_sync = [&] {
    EXPECT_TRUE(run.Eventually([&] { return run.journal.Count("alert") == 1; }));
  };
  run.RunToTheEnd();
  // What is committed then is what that snapshot holds, not what has been read since.
  EXPECT_LT(run.journal.Place("alert"), run.journal.Place("commit 2"));
  EXPECT_LT(run.journal.Place("commit 2"), run.journal.Place("commit 3"));
  EXPECT_EQ(run.journal.Count("commit 3"), 1U);
}

TEST_F(WorkerTest, NothingNewMeansNoSnapshot) {
  Fixture run(Data(), kPurges, {{"1 X a"}});
  run.source->ends = false;
  run.RunInThread();
  ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("commit 1") == 1; }));
  std::this_thread::sleep_for(milliseconds(30));  // some dozen polls
  run.StopThread();
  EXPECT_EQ(run.journal.Count("commit 1"), 1U);
  EXPECT_EQ(run.journal.entries().back(), "close");
}

TEST_F(WorkerTest, SnapshotsKeepTheirInterval) {
  WorkerSettings settings;
  settings.snapshot_interval = record::kTicksPerDay;
  Fixture run(Data(), kPurges, {{"1 X a"}, {"2 X a"}, {"3 X a"}}, settings);
  run.RunToTheEnd();
  EXPECT_EQ(run.journal.Count("sync"), 1U);  // at the end
  EXPECT_EQ(run.journal.Count("commit 3"), 1U);
}

TEST_F(WorkerTest, AFullOutboxStopsReadingAndShows) {
  Fixture run(Data(), kPurges, {{"1 SecretPurge a"}, {"2 SecretPurge b"}});
  run.source->ends = false;
  run.outbox_full = true;
  run.RunInThread();
  ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("full") >= 2; }));
  EXPECT_TRUE(Has(run.Problems(), "alerts cannot be stored, reading has stopped: "));
  EXPECT_TRUE(Has(run.Problems(), "the outbox is full"));
  EXPECT_EQ(run.journal.Count("read 2"), 0U);
  EXPECT_EQ(run.journal.Count("sync"), 0U);
  run.outbox_full = false;
  ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("commit 2") == 1; }));
  EXPECT_EQ(run.Problems(), "");
  EXPECT_EQ(run.journal.Count("alert"), 2U);
}

TEST_F(WorkerTest, WhatCouldNotBeStoredBeforeAStopIsFoundAgain) {
  std::vector<Texts> batches = {{"1 X a 403"}, {"2 X a 403", "3 X a 403"}};
  WorkerSettings settings;
  settings.snapshot_interval = record::kTicksPerDay;
  {
    Fixture run(Data(), kRefusals, batches, settings);
    run.source->ends = false;
    run.outbox_full = true;
    run.RunInThread();
    ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("full") >= 1; }));
    run.StopThread();
    // The state has raised what is stored nowhere: it must not be saved, not even for the first
    // batch.
    EXPECT_EQ(run.journal.Count("sync"), 0U);
  }
  Fixture again(Data(), kRefusals, batches);
  again.RunToTheEnd();
  EXPECT_TRUE(again.source->opened().empty());
  EXPECT_EQ(again.journal.Count("alert"), 1U);
}

TEST_F(WorkerTest, AStopDoesNotCutABatchInTwo) {
  std::vector<Texts> batches = {
      {"1 X a"}, {"2 SecretPurge a", "3 X a", "nonsense", "4 SecretPurge b"}, {"5 SecretPurge c"}};
  {
    Fixture run(Data(), kPurges, batches);
    run.source->ends = false;
    run.stop_at_alert = true;  // found in the first two records
    ASSERT_TRUE(run.worker->Start().ok());
    EXPECT_TRUE(run.worker->Run(run.stop).ok());
    EXPECT_EQ(run.alert_ids.size(), 2U);
    EXPECT_EQ(run.journal.Count("reject nonsense"), 1U);
    EXPECT_EQ(run.journal.Count("commit 5"), 1U);
  }
  Fixture again(Data(), kPurges, batches);
  again.RunToTheEnd();
  EXPECT_EQ(again.source->opened(), (Positions{{kPartition, 5}}));
  EXPECT_EQ(again.alert_ids.size(), 1U);
}

TEST_F(WorkerTest, WithoutASnapshotOffsetsStayAndItShows) {
  Fixture run(Data(), kPurges, {{"1 SecretPurge a"}, {"2 SecretPurge b"}});
  run.source->ends = false;
  tests::WriteFile(Data(), "in the way of the directory");
  ASSERT_FALSE(run.worker->Start().ok());  // nor can it be read
  std::filesystem::remove(Data());
  ASSERT_TRUE(run.worker->Start().ok());
  tests::WriteFile(Data(), "in the way of the directory");
  run.thread = std::thread([&] { (void)run.worker->Run(run.stop); });
  ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("alert") == 2; }));  // it goes on
  ASSERT_TRUE(run.Eventually([&] { return !run.worker->Problems().empty(); }));
  EXPECT_TRUE(Has(run.Problems(), "no snapshot can be written, source offsets stay: "));
  EXPECT_EQ(run.journal.Count("commit 1") + run.journal.Count("commit 2"), 0U);
  EXPECT_FALSE(Has(run.metrics.Expose(), "keywatch_checkpoint_failures_total{reason=\"disk\"} 0"));
  EXPECT_TRUE(run.Eventually([&] {
    return !Has(run.metrics.Expose(), "keywatch_checkpoint_unsaved_since_timestamp_seconds 0\n");
  }));
  std::filesystem::remove(Data());
  ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("commit 2") == 1; }));
  EXPECT_EQ(run.Problems(), "");
  EXPECT_TRUE(run.Eventually([&] {
    return Has(run.metrics.Expose(), "keywatch_checkpoint_unsaved_since_timestamp_seconds 0\n");
  }));
}

TEST_F(WorkerTest, NoSnapshotBeforeRejectedRecordsAreOnDisk) {
  Fixture run(Data(), kPurges, {{"nonsense", "1 X a"}});
  run.source->ends = false;
  run.sync_fails = true;
  run.RunInThread();
  ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("sync") >= 2; }));
  EXPECT_TRUE(Has(run.Problems(), "no snapshot can be written"));
  EXPECT_EQ(run.journal.Count("commit 2"), 0U);
  run.sync_fails = false;
  ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("commit 2") == 1; }));
}

TEST_F(WorkerTest, ARejectedRecordIsStoredBeforeGoingOn) {
  Fixture run(Data(), kPurges, {{"1 SecretGet a", "nonsense"}, {"2 SecretPurge a"}});
  run.source->ends = false;
  run.reject_failures = 2;
  run.RunInThread();
  ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("cannot reject nonsense") == 1; }));
  EXPECT_TRUE(run.Eventually([&] { return !run.worker->Problems().empty(); }));
  EXPECT_TRUE(Has(run.Problems(), "a rejected record cannot be stored, reading has stopped: "));
  ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("commit 3") == 1; }));
  EXPECT_EQ(run.journal.entries()[1], "cannot reject nonsense");
  EXPECT_EQ(run.journal.entries()[2], "cannot reject nonsense");
  EXPECT_EQ(run.journal.entries()[3], "reject nonsense");
  EXPECT_LT(run.journal.Place("reject nonsense"), run.journal.Place("read 3"));
  EXPECT_TRUE(Has(run.metrics.Expose(),
                  "keywatch_events_parse_errors_total{reason=\"not_json\",source=\"hub\"} 1"));
}

TEST_F(WorkerTest, OnceARejectedRecordIsStoredAllIsWell) {
  Fixture run(Data(), kPurges, {{"nonsense"}});
  run.source->ends = false;
  run.reject_failures = 1;
  run.RunInThread();
  ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("commit 1") == 1; }));
  EXPECT_EQ(run.Problems(), "");
}

TEST_F(WorkerTest, AStopWhileARecordCannotBeSetAsideReadsItAgain) {
  {
    Fixture run(Data(), kPurges, {{"1 X a"}, {"nonsense"}});
    run.source->ends = false;
    run.reject_failures = 1'000'000;
    run.RunInThread();
    ASSERT_TRUE(run.Eventually([&] { return run.journal.Count("cannot reject nonsense") >= 1; }));
    run.StopThread();
    EXPECT_EQ(run.journal.Count("commit 2"), 0U);
  }
  Fixture again(Data(), kPurges, {{"1 X a"}, {"nonsense"}});
  again.RunToTheEnd();
  EXPECT_EQ(again.source->opened(), (Positions{{kPartition, 1}}));
  EXPECT_EQ(again.journal.Count("reject nonsense"), 1U);
}

TEST_F(WorkerTest, ADoubledRecordIsCountedAndEvaluatedOnce) {
  Fixture run(
      Data(), kPurges, {{"1 SecretPurge a", "2 X a", "1 SecretPurge a"}, {"1 SecretPurge a"}});
  run.RunToTheEnd();
  EXPECT_EQ(run.journal.Count("alert"), 1U);
  std::string page = run.metrics.Expose();
  EXPECT_TRUE(Has(page, "keywatch_events_received_total{source=\"hub\"} 4"));
  EXPECT_TRUE(Has(page, "keywatch_events_duplicate_total{source=\"hub\"} 2"));
}

TEST_F(WorkerTest, AnErrorOfASourceEndsTheRunWithASnapshot) {
  Fixture run(Data(), kPurges, {{"1 SecretPurge a"}});
  run.source->poll_status = InvalidInput("the topic is gone");
  ASSERT_TRUE(run.worker->Start().ok());
  EXPECT_EQ(run.worker->Run(run.stop).message(), "the topic is gone");
  EXPECT_EQ(run.journal.Count("commit 1"), 1U);
  EXPECT_EQ(run.journal.entries().back(), "close");
}

TEST_F(WorkerTest, ASourceThatCannotOpenStopsTheStart) {
  Fixture run(Data(), kPurges, {});
  run.source->open_status = InvalidInput("no such broker");
  EXPECT_EQ(run.worker->Start().message(), "no such broker");
  EXPECT_EQ(run.Problems(), "state is being restored\n");
}

TEST_F(WorkerTest, ItIsNotReadyBeforeItsSourceIs) {
  Fixture run(Data(), kPurges, {});
  run.source->health = {false, false, "connecting", -1};
  EXPECT_TRUE(Has(run.Problems(), "state is being restored"));
  ASSERT_TRUE(run.worker->Start().ok());
  EXPECT_TRUE(Has(run.Problems(), "source hub: connecting"));
}

TEST_F(WorkerTest, ASourceThatIsNotConnectedShows) {
  Fixture run(Data(), kPurges, {});
  run.source->health = {false, false, "connecting to the brokers", -1};
  run.source->health.gaps = 2;
  run.source->health.gap_records = 30;
  run.RunToTheEnd();
  EXPECT_EQ(run.Problems(), "source hub: connecting to the brokers\n");
  std::string page = run.metrics.Expose();
  EXPECT_TRUE(Has(page, "keywatch_source_connected{source=\"hub\"} 0"));
  EXPECT_TRUE(Has(page, "keywatch_source_gaps_total{source=\"hub\"} 2"));
  EXPECT_TRUE(Has(page, "keywatch_source_gap_records_total{source=\"hub\"} 30"));
  EXPECT_TRUE(Has(page, "keywatch_blind_intervals_total{reason=\"gap\"} 1\n"));
  EXPECT_FALSE(Has(page, "keywatch_blind_last_noticed_timestamp_seconds{reason=\"gap\"} 0\n"));
  EXPECT_TRUE(Has(page, "keywatch_blind_last_noticed_timestamp_seconds{reason=\"eviction\"} 0\n"));
}

TEST_F(WorkerTest, AQuietSourceLetsTimePass) {
  WorkerSettings settings;
  settings.idle_timeout = record::kTicksPerMillisecond;
  Fixture run(Data(), kQuiet, {{"1 X a"}}, settings);
  run.source->ends = false;
  run.RunInThread();
  EXPECT_TRUE(run.Eventually([&] { return run.journal.Count("alert") == 1; }));
}

TEST_F(WorkerTest, ADamagedSnapshotIsPassedOver) {
  std::vector<Texts> batches = {{"1 X a 403", "2 X a 403"}, {"3 X a 403"}};
  {
    Fixture first(Data(), kRefusals, batches);
    first.RunToTheEnd();
  }
  std::string newest = Data() + "/snapshot-000000000002";
  std::string bytes = tests::ReadFile(newest);
  ASSERT_FALSE(bytes.empty());
  bytes[bytes.size() / 2] ^= 1;
  tests::WriteFile(newest, bytes);
  Fixture second(Data(), kRefusals, batches);
  second.RunToTheEnd();
  EXPECT_EQ(second.source->opened(), (Positions{{kPartition, 2}}));
  EXPECT_EQ(second.journal.Count("alert"), 1U);
  EXPECT_TRUE(
      Has(second.metrics.Expose(), "keywatch_checkpoint_failures_total{reason=\"disk\"} 1"));
}

}  // namespace
}  // namespace keywatch::pipeline
