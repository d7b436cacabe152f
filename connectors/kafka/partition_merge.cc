#include "connectors/kafka/partition_merge.h"

#include <algorithm>

#include "engine/base/check.h"

namespace keywatch::kafka {

using std::chrono::milliseconds;

PartitionMerge::Partition& PartitionMerge::Find(uint64_t partition) {
  auto at = std::lower_bound(
      partitions_.begin(), partitions_.end(), partition, [](const Partition& p, uint64_t number) {
        return p.number < number;
      });
  KEYWATCH_CHECK(at != partitions_.end() && at->number == partition, "partition was added");
  return *at;
}

void PartitionMerge::Add(uint64_t partition, TimePoint now) {
  auto at = std::lower_bound(
      partitions_.begin(), partitions_.end(), partition, [](const Partition& p, uint64_t number) {
        return p.number < number;
      });
  KEYWATCH_CHECK(at == partitions_.end() || at->number != partition, "partition is added once");
  partitions_.insert(at, Partition{partition, State::kAwaited, 0, now});
}

void PartitionMerge::Remove(uint64_t partition) {
  std::erase_if(partitions_, [&](const Partition& p) { return p.number == partition; });
}

void PartitionMerge::SetHead(uint64_t partition, int64_t timestamp_ms) {
  Partition& p = Find(partition);
  p.state = State::kHead;
  p.timestamp_ms = timestamp_ms;
}

void PartitionMerge::SetEmpty(uint64_t partition, bool more, TimePoint now) {
  Partition& p = Find(partition);
  if (!more) {
    p.state = State::kCaughtUp;
  } else if (p.state == State::kHead || p.state == State::kCaughtUp) {
    p.state = State::kAwaited;
    p.since = now;
  }
}

PartitionMerge::Decision PartitionMerge::Decide(TimePoint now, int64_t wall_now_ms) {
  const Partition* lowest = nullptr;
  bool awaited = false;
  for (const Partition& p : partitions_) {
    if (p.state == State::kHead) {
      if (lowest == nullptr || p.timestamp_ms < lowest->timestamp_ms) {
        lowest = &p;
      }
    } else if (p.state == State::kAwaited) {
      awaited = true;
    }
  }
  if (lowest == nullptr) {
    return {};
  }
  if (!awaited) {
    return {Action::kYield, lowest->number, {}};
  }
  const milliseconds age(std::max<int64_t>(0, wall_now_ms - lowest->timestamp_ms));
  const milliseconds patience = std::clamp(age, patience_.least, patience_.most);
  Decision decision{Action::kYield, lowest->number, TimePoint::max()};
  for (Partition& p : partitions_) {
    if (p.state != State::kAwaited) {
      continue;
    }
    if (now - p.since >= patience) {
      p.state = State::kGivenUp;
      ++overtaken_;
    } else {
      decision.action = Action::kWait;
      decision.until = std::min(decision.until, p.since + patience);
    }
  }
  return decision;
}

}  // namespace keywatch::kafka
