// How records reach whoever reads them: nearly in order, some late, some twice.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/generate/audit_record.h"
#include "app/generate/random.h"
#include "app/generate/traffic.h"

namespace keywatch::generate {

class Delivery {
 public:
  Delivery(const World* world,
           Random random,
           const TrafficOptions& options,
           std::function<bool(std::string_view)> deliver);

  // Events come in the order of their times. False: the receiver has had enough.
  bool Push(const Event& event);
  // Delivers what is still under way.
  bool Finish();

  [[nodiscard]] const TrafficCounts& counts() const { return counts_; }

 private:
  struct Delayed {
    record::Ticks due = 0;
    uint64_t number = 0;  // of those due at once the first pushed comes first
    std::string json;
  };
  static bool Later(const Delayed& a, const Delayed& b) {
    return a.due != b.due ? a.due > b.due : a.number > b.number;
  }
  record::Ticks Delay();
  bool DeliverUntil(record::Ticks time);
  bool DeliverFirst();
  bool Deliver(std::string_view json);

  RecordWriter writer_;
  Random random_;
  TrafficOptions options_;
  std::function<bool(std::string_view)> deliver_;
  std::vector<Delayed> delayed_;  // a heap by Later
  uint64_t next_number_ = 0;
  std::string json_;
  TrafficCounts counts_;
};

}  // namespace keywatch::generate
