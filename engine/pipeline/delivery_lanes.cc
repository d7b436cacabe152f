#include "engine/pipeline/delivery_lanes.h"

#include <chrono>
#include <utility>

namespace keywatch::pipeline {

DeliveryLanes::DeliveryLanes(std::vector<std::unique_ptr<Sink>> sinks) : sinks_(std::move(sinks)) {
  if (sinks_.size() == 1)
    return;
  for (auto& sink : sinks_)
    threads_.emplace_back([this, sink = sink.get()] { Run(sink); });
}

DeliveryLanes::~DeliveryLanes() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
}

void DeliveryLanes::Give(size_t tag, const OutgoingAlert* alert) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back({tag, alert});
  }
  changed_.notify_all();
}

DeliveryLanes::Done DeliveryLanes::Attempt(Sink* sink, const Task& task) {
  auto start = std::chrono::steady_clock::now();
  Done done{task.tag, sink->Deliver(*task.alert), 0};
  done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return done;
}

DeliveryLanes::Done DeliveryLanes::Wait() {
  std::unique_lock lock(mutex_);
  if (threads_.empty()) {
    Task task = tasks_.front();
    tasks_.pop_front();
    lock.unlock();
    return Attempt(sinks_.front().get(), task);
  }
  changed_.wait(lock, [this] { return !done_.empty(); });
  Done done = std::move(done_.front());
  done_.pop_front();
  return done;
}

void DeliveryLanes::Cancel() {
  for (auto& sink : sinks_)
    sink->Cancel();
}

void DeliveryLanes::Run(Sink* sink) {
  while (true) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !tasks_.empty() || closed_; });
    if (tasks_.empty())
      return;
    Task task = tasks_.front();
    tasks_.pop_front();
    lock.unlock();
    Done done = Attempt(sink, task);
    lock.lock();
    done_.push_back(std::move(done));
    changed_.notify_all();
  }
}

}  // namespace keywatch::pipeline
