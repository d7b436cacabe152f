#include "app/generate/delivery.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace keywatch::generate {

namespace {

constexpr record::Ticks kMaxDisorder = 3 * record::kTicksPerSecond;

}  // namespace

Delivery::Delivery(const World* world,
                   Random random,
                   const TrafficOptions& options,
                   std::function<bool(std::string_view)> deliver)
    : writer_(world), random_(random), options_(options), deliver_(std::move(deliver)) {}

record::Ticks Delivery::Delay() {
  uint64_t lot = random_.Below(1000);
  if (lot < options_.late_per_mille) {
    ++counts_.late;
    return random_.Between(kMaxDisorder, kMaxDelay);
  }
  if (lot < options_.late_per_mille + options_.disorder_per_mille)
    return random_.Between(1, kMaxDisorder);
  return 0;
}

bool Delivery::Push(const Event& event) {
  if (!DeliverUntil(event.time))
    return false;
  json_.clear();
  writer_.Append(event, &json_);
  int copies = event.deliveries - 1 + (random_.PerMille(options_.duplicate_per_mille) ? 1 : 0);
  counts_.duplicates += static_cast<uint64_t>(copies);
  auto delay = [this](record::Ticks due) {
    delayed_.push_back({due, next_number_++, json_});
    std::push_heap(delayed_.begin(), delayed_.end(), Later);
  };
  for (int copy = 0; copy < copies; ++copy)
    delay(event.time + random_.Between(1, kMaxDelay));
  if (record::Ticks late = Delay(); late > 0) {
    delay(event.time + late);
    return true;
  }
  return Deliver(json_);
}

bool Delivery::DeliverUntil(record::Ticks time) {
  while (!delayed_.empty() && delayed_.front().due <= time) {
    if (!DeliverFirst())
      return false;
  }
  return true;
}

bool Delivery::DeliverFirst() {
  std::pop_heap(delayed_.begin(), delayed_.end(), Later);
  Delayed first = std::move(delayed_.back());
  delayed_.pop_back();
  return Deliver(first.json);
}

bool Delivery::Finish() { return DeliverUntil(std::numeric_limits<record::Ticks>::max()); }

bool Delivery::Deliver(std::string_view json) {
  ++counts_.records;
  return deliver_(json);
}

}  // namespace keywatch::generate
