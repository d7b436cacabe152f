// The loop of a running service: poll -> decode -> drop duplicates -> evaluate -> outbox ->
// snapshot -> commit. One thread; snapshots are written beside it.
//
// Order of writes. The alerts of a batch are durable in the outbox before the next batch is read;
// a snapshot holds the state and the source positions that produced it; a source is told to commit
// only positions that a snapshot on disk covers. After a crash reading goes on from the snapshot:
// what is found again has the same ids and meets its own rows in the outbox.
//
// When the disk is full, alerts wait and nothing more is read (outbox), or offsets stay where they
// are and evaluation goes on (snapshot); both show in problems() and in metrics.
//
// Several sources take turns, a batch each; what waits for completeness waits for all that are
// behind (input_clocks.h). A record that two of them deliver is evaluated once.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/metrics.h"
#include "engine/pipeline/duplicates.h"
#include "engine/pipeline/input_clocks.h"
#include "engine/pipeline/io.h"
#include "engine/pipeline/rule_engine.h"
#include "engine/pipeline/snapshot_writer.h"
#include "engine/pipeline/worker_probe.h"
#include "engine/pipeline/worker_view.h"

namespace keywatch::pipeline {

struct WorkerSettings {
  std::string data_dir;
  record::Ticks snapshot_interval = 10 * record::kTicksPerSecond;
  int snapshots_kept = 3;
  // Without a record for so long the wall clock moves event time on; 0: never.
  record::Ticks idle_timeout = 5 * record::kTicksPerMinute;
  // A loop that has not turned for so long hangs.
  std::chrono::milliseconds hang_after = std::chrono::minutes(1);
  // A source that has not been connected for so long is said to hold rules back.
  record::Ticks held_back_after = 10 * record::kTicksPerSecond;
};

// A source with its decoder. `rejects` gets what cannot be read and returns an error when it could
// not keep it: the worker then waits and tries again, so that nothing is passed over.
struct Input {
  std::unique_ptr<Source> source;
  std::unique_ptr<Decoder> decoder;
};

// What the worker hands things to. Both return an error when the thing is not durable.
struct WorkerOutputs {
  std::function<Status(const std::vector<OutgoingAlert>&)> alerts;
  std::function<Status(const std::vector<alert::EndedAlert>&)> ended;  // null: nobody wants them
  std::function<Status(const RejectedRecord&)> reject;
  std::function<Status()> sync_rejects;  // before a snapshot; called by another thread
};

class Worker {
 public:
  Worker(WorkerSettings settings,
         RuleEngine* engine,
         std::vector<Input> inputs,
         WorkerOutputs outputs,
         MetricRegistry* metrics);

  // Takes up the newest good snapshot and opens the sources. Names damaged snapshots in the log.
  Status Start();
  // Runs until `stop` is set or every source has ended; then one last snapshot. An error that
  // nothing can mend is returned.
  Status Run(const std::atomic<bool>& stop);

  // What keeps the service from being ready; empty: nothing. Any thread.
  [[nodiscard]] std::vector<std::string> Problems() const;
  // What there is to see, as of a fraction of a second ago; null before Start(). Any thread.
  [[nodiscard]] std::shared_ptr<const WorkerView> View() const;
  [[nodiscard]] bool ended() const { return ended_; }
  // Grows with every turn of the loop: every poll of a source, with or without records; every
  // thousand rows or so that were evaluated; every look at a disk that takes nothing (a full
  // outbox). Snapshots are written beside the loop. Any thread.
  [[nodiscard]] uint64_t turns() const { return turns_; }
  // What is wrong when the loop, while it runs, has not turned for hang_after, which only a restart
  // ends; "": nothing. Any thread.
  [[nodiscard]] std::string Hang() const;

 private:
  enum class StepOutcome { kRead, kNothing, kEnded };

  // One poll of every source.
  Status Round(const std::atomic<bool>& stop);
  // One poll of one source.
  Result<StepOutcome> Step(size_t input,
                           std::chrono::milliseconds timeout,
                           const std::atomic<bool>& stop);
  void Evaluate(size_t input, const RawBatch& batch, const std::atomic<bool>& stop);
  void Emit(std::vector<alert::Alert> alerts, const std::atomic<bool>& stop);
  void StoreAlerts(const std::vector<alert::Alert>& alerts, const std::atomic<bool>& stop);
  bool Store(const std::function<Status()>& store,
             const char* problem,
             const std::atomic<bool>& stop);
  void AdvanceWhenIdle(const std::atomic<bool>& stop);
  void AdvanceComplete(const std::atomic<bool>& stop);
  void OnChange();
  void BeginSnapshot();
  void FinishSnapshot(const std::optional<SnapshotWriter::Written>& written);
  void UpdateHealth();
  std::string HeldBack(size_t input, const SourceHealth& health, const std::string& rules);
  void UpdateView(std::vector<SourceHealth> healths, std::vector<RuleReport> reports);
  void SetProblem(std::string* place, const std::string& text);
  void WaitBefore(int attempt, const std::atomic<bool>& stop);
  void Turn();

  WorkerSettings settings_;
  RuleEngine* engine_;
  std::vector<Input> inputs_;
  WorkerOutputs outputs_;
  SnapshotWriter writer_;
  WorkerProbe probe_;
  Duplicates duplicates_;
  InputClocks clocks_;
  std::vector<Positions> positions_;  // by input: where reading goes on
  std::vector<bool> input_ended_;
  // The stop came while something found could not be stored: the state is ahead of what is durable,
  // and must not be saved.
  bool incomplete_ = false;
  // Wall time of the first change that no snapshot on disk covers: 0 if there is none; of those
  // that the snapshot under way will cover, and of those since.
  record::Ticks changed_at_ = 0;
  record::Ticks saving_since_ = 0;
  record::Ticks last_snapshot_ = 0;
  record::Ticks last_record_ = 0;  // wall time
  record::Ticks last_health_ = 0;
  record::Ticks started_at_ = 0;
  record::Ticks durable_at_ = 0;             // wall time of the last snapshot that was written
  std::vector<record::Ticks> newest_event_;  // by input
  std::vector<record::Ticks> last_read_;     // by input, wall time
  BlindIntervals blind_;
  std::atomic<bool> ended_ = false;
  std::atomic<uint64_t> turns_ = 0;
  std::atomic<bool> turning_ = false;  // inside the loop of Run
  std::atomic<std::chrono::steady_clock::time_point> last_turn_{};
  std::vector<record::Ticks> down_since_;  // by input, wall time; 0: connected and assigned

  mutable std::mutex mutex_;
  bool started_ = false;                      // guarded by mutex_
  std::shared_ptr<const WorkerView> view_;    // guarded by mutex_
  std::string outbox_problem_;                // guarded by mutex_
  std::string snapshot_problem_;              // guarded by mutex_
  std::vector<std::string> source_problems_;  // guarded by mutex_
};

}  // namespace keywatch::pipeline
