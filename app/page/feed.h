// What the page keeps in memory: counts of each minute, when each rule last raised something, and
// how far the outbox is; brought up to date four times a second by a thread that looks at the
// outbox's newest row and at the worker's view. Who raises alerts knows nothing of it.
//
// After a start it reads the newest alerts of the outbox (kLookBack of them): the charts and the
// last alerts go on over a restart, the counts of records begin anew.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/page/minute_counts.h"
#include "engine/pipeline/worker_view.h"
#include "engine/state/outbox_reader.h"

namespace keywatch::app::page {

class Feed {
 public:
  static constexpr int64_t kLookBack = 5'000;
  static constexpr size_t kMostRules = 10'000;  // last alerts of so many rules are kept

  using WorkerViewOf = std::function<std::shared_ptr<const pipeline::WorkerView>()>;

  // `reader` is the feed's own.
  Feed(std::unique_ptr<state::OutboxReader> reader, WorkerViewOf worker);
  ~Feed();  // as Stop()
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  void Start();
  void Stop();

  struct Counts {
    std::vector<Minute> minutes;
    std::map<std::string, record::Ticks> last_alert;  // by rule id
  };
  [[nodiscard]] Counts Now(record::Ticks now) const;
  // The newest sequence number seen in the outbox.
  [[nodiscard]] int64_t last_seq() const;
  // Waits until there is a newer alert than `seq`, for `timeout` at most. True if there is.
  bool WaitBeyond(int64_t seq, std::chrono::milliseconds timeout) const;

 private:
  void Run();
  void Look();

  const std::unique_ptr<state::OutboxReader> reader_;
  const WorkerViewOf worker_;
  std::thread thread_;
  uint64_t records_seen_ = 0;  // the thread's own
  bool failing_ = false;       // the thread's own

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;          // with mutex_: last_seq_, stopping_
  bool stopping_ = false;                            // guarded by mutex_
  int64_t last_seq_ = 0;                             // guarded by mutex_
  MinuteCounts counts_;                              // guarded by mutex_
  std::map<std::string, record::Ticks> last_alert_;  // guarded by mutex_
};

}  // namespace keywatch::app::page
