// The thread of a source that asks a service step by step, and what it shares with whoever polls: a
// short queue of batches and the source's health.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/pipeline/io.h"

namespace keywatch::pipeline {

class ReadingThread {
 public:
  using Clock = std::chrono::steady_clock;

  // Calls `step` until Stop(), each time at the time that the call before it gave. Once.
  void Start(std::function<Clock::time_point()> step);
  // Returns when the thread has ended. `cancel` ends what a step waits for. Again: does nothing.
  void Stop(const std::function<void()>& cancel);
  // A step that sees it returns.
  [[nodiscard]] bool stopping() const { return stopping_; }

  // Of the thread. Waits while two batches wait, unless it must stop: a batch that nobody polls is
  // read again, as no position beyond it was saved.
  void HandOver(RawBatch batch);

  // Any thread.
  void ChangeHealth(const std::function<void(SourceHealth*)>& change);
  // The next batch, or an empty one read `now` after `timeout`.
  RawBatch Take(std::chrono::milliseconds timeout, const std::function<record::Ticks()>& now);
  // The lag is unknown (-1) while batches wait.
  [[nodiscard]] SourceHealth Health() const;

 private:
  std::thread thread_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<RawBatch> queue_;  // guarded by mutex_
  SourceHealth health_;         // guarded by mutex_
};

}  // namespace keywatch::pipeline
