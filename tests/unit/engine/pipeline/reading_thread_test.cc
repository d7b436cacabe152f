#include "engine/pipeline/reading_thread.h"

#include <gtest/gtest.h>

namespace keywatch::pipeline {
namespace {

using std::chrono::milliseconds;

record::Ticks Seven() { return 7; }

// Hands over batches read at 1, 2, 3, ..
class CountingSteps {
 public:
  explicit CountingSteps(ReadingThread* thread) : thread_(thread) {}
  ReadingThread::Clock::time_point operator()() {
    RawBatch batch;
    batch.read_time = ++*count_;
    thread_->HandOver(std::move(batch));
    return ReadingThread::Clock::now();
  }
  [[nodiscard]] std::shared_ptr<std::atomic<int>> count() const { return count_; }

 private:
  ReadingThread* thread_;
  std::shared_ptr<std::atomic<int>> count_ = std::make_shared<std::atomic<int>>(0);
};

TEST(ReadingThread, BatchesComeInTheirOrderAndFewWait) {
  ReadingThread thread;
  CountingSteps steps(&thread);
  thread.Start(steps);
  for (int i = 1; i <= 20; ++i)
    EXPECT_EQ(thread.Take(milliseconds(5000), Seven).read_time, i);
  EXPECT_LE(*steps.count(), 23);  // two wait, one wants to
  thread.Stop([] {});
}

TEST(ReadingThread, AnEmptyBatchWhenNothingCame) {
  ReadingThread thread;
  RawBatch batch = thread.Take(milliseconds(1), Seven);
  EXPECT_TRUE(batch.messages.empty());
  EXPECT_EQ(batch.read_time, 7);
  thread.Stop([] {});  // never started
}

TEST(ReadingThread, StopsWhileItWaitsForTheNextStepOrForRoom) {
  ReadingThread idle;
  idle.Start([] { return ReadingThread::Clock::now() + std::chrono::hours(1); });
  idle.Stop([] {});
  ReadingThread full;
  CountingSteps steps(&full);
  full.Start(steps);
  while (*steps.count() < 3)
    std::this_thread::yield();
  bool cancelled = false;
  full.Stop([&] { cancelled = true; });
  EXPECT_TRUE(cancelled);
  EXPECT_TRUE(full.stopping());
}

TEST(ReadingThread, TheLagIsUnknownWhileBatchesWait) {
  ReadingThread thread;
  thread.ChangeHealth([](SourceHealth* health) { health->lag_records = 5; });
  EXPECT_EQ(thread.Health().lag_records, 5);
  thread.HandOver({});
  EXPECT_EQ(thread.Health().lag_records, -1);
  thread.Take(milliseconds(0), Seven);
  EXPECT_EQ(thread.Health().lag_records, 5);
}

}  // namespace
}  // namespace keywatch::pipeline
