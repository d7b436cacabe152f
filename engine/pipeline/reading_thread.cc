#include "engine/pipeline/reading_thread.h"

#include <utility>

namespace keywatch::pipeline {
namespace {

// Enough that the service is asked while the batch before is evaluated.
constexpr size_t kMostWaiting = 2;

}  // namespace

void ReadingThread::Start(std::function<Clock::time_point()> step) {
  thread_ = std::thread([this, step = std::move(step)] {
    while (!stopping_) {
      Clock::time_point next = step();
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, next, [this] { return stopping_.load(); });
    }
  });
}

void ReadingThread::Stop(const std::function<void()>& cancel) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  cancel();
  if (thread_.joinable())
    thread_.join();
}

void ReadingThread::HandOver(RawBatch batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.size() < kMostWaiting || stopping_; });
  queue_.push_back(std::move(batch));
  changed_.notify_all();
}

void ReadingThread::ChangeHealth(const std::function<void(SourceHealth*)>& change) {
  std::lock_guard lock(mutex_);
  change(&health_);
}

RawBatch ReadingThread::Take(std::chrono::milliseconds timeout,
                             const std::function<record::Ticks()>& now) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return !queue_.empty(); });
  RawBatch batch;
  if (queue_.empty()) {
    batch.read_time = now();
    return batch;
  }
  batch = std::move(queue_.front());
  queue_.pop_front();
  changed_.notify_all();
  return batch;
}

SourceHealth ReadingThread::Health() const {
  std::lock_guard lock(mutex_);
  SourceHealth health = health_;
  if (!queue_.empty())
    health.lag_records = -1;
  return health;
}

}  // namespace keywatch::pipeline
