// Several attempts at once for one sink: a lane is a Sink object with a thread of its own, so that
// a slow receiver limits alerts per second by lanes / answer time. What the attempts lead to is
// decided by the thread that waits for them.
//
// With one lane the attempt is made by the thread that waits, and there is no other.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/pipeline/io.h"

namespace keywatch::pipeline {

// Give and Wait come from one thread; Cancel from any.
class DeliveryLanes {
 public:
  struct Done {
    size_t tag = 0;  // as given
    DeliveryResult result;
    double seconds = 0;  // that the attempt took
  };

  // At least one.
  explicit DeliveryLanes(std::vector<std::unique_ptr<Sink>> sinks);
  ~DeliveryLanes();  // waits for what is under way
  DeliveryLanes(const DeliveryLanes&) = delete;
  DeliveryLanes& operator=(const DeliveryLanes&) = delete;

  [[nodiscard]] size_t size() const { return sinks_.size(); }
  // Begins an attempt; at most size() may be under way. `alert` lives until Wait() gives its tag.
  void Give(size_t tag, const OutgoingAlert* alert);
  // Blocks until an attempt that is under way is over.
  Done Wait();
  // Sink::Cancel of all.
  void Cancel();

 private:
  struct Task {
    size_t tag = 0;
    const OutgoingAlert* alert = nullptr;
  };

  static Done Attempt(Sink* sink, const Task& task);
  void Run(Sink* sink);

  std::vector<std::unique_ptr<Sink>> sinks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;  // guarded by mutex_
  std::deque<Done> done_;   // guarded by mutex_
  bool closed_ = false;     // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace keywatch::pipeline
