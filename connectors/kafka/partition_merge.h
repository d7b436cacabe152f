// Decides from which partition the next message is yielded, so that what the engine sees depends as
// little as possible on how fetches interleave.
//
// Azure Monitor sets no partition key: one caller's records are spread over all partitions. If one
// partition were read hours ahead of another (after a restart, say), event time would run ahead
// with it and the other's records would all arrive late. So the message with the lowest broker
// timestamp goes first (then the lower partition; offsets decide within a partition), and a
// partition that is empty here but known to have more at the broker is waited for. A partition that
// is caught up is not. The precedent is Kafka Streams' task idling (KIP-695).
//
// Waiting has a bound, or one silent broker would stop everything: at most as long as the message
// that would go next is old already, within [least, most]. So waiting at most doubles a delay, live
// traffic is held up by no more than `least`, and a replay of old records waits up to `most`. A
// partition that was waited for in vain is not waited for again until it has delivered.
//
// A pure decision: no clock, no I/O. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace keywatch::kafka {

class PartitionMerge {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Patience {
    std::chrono::milliseconds least{500};
    std::chrono::milliseconds most{30'000};
  };

  enum class Action {
    kYield,  // the head of `partition`
    kWait,   // there are messages, but a partition that may have older ones is waited for
    kIdle,   // there is no message
  };
  struct Decision {
    Action action = Action::kIdle;
    uint64_t partition = 0;  // kYield
    TimePoint until;         // kWait: ask again then, or when a partition has changed
  };

  explicit PartitionMerge(Patience patience) : patience_(patience) {}

  // Partitions are told apart, and put in order, by a number that the caller chooses. A new one may
  // have messages: it is waited for from `now`.
  void Add(uint64_t partition, TimePoint now);
  void Remove(uint64_t partition);

  // After each kYield, and whenever something has changed, the caller says what the partition's
  // next message is: its timestamp (milliseconds since 1970), or none.
  void SetHead(uint64_t partition, int64_t timestamp_ms);
  // `more`: the broker is known to have messages beyond, or nothing is known yet. The wait begins
  // when this is first said.
  void SetEmpty(uint64_t partition, bool more, TimePoint now);

  // `wall_now_ms` tells how old a message is; `now` how long the wait has been.
  Decision Decide(TimePoint now, int64_t wall_now_ms);

  // How often a partition was waited for in vain, so that its records may come out of order.
  [[nodiscard]] uint64_t overtaken() const { return overtaken_; }

 private:
  enum class State { kHead, kAwaited, kCaughtUp, kGivenUp };
  struct Partition {
    uint64_t number = 0;
    State state = State::kAwaited;
    int64_t timestamp_ms = 0;  // kHead
    TimePoint since;           // kAwaited
  };
  Partition& Find(uint64_t partition);

  const Patience patience_;
  std::vector<Partition> partitions_;  // by number; few, so that a scan beats a heap
  uint64_t overtaken_ = 0;
};

}  // namespace keywatch::kafka
