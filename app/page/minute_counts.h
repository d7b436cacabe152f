// How many records and alerts there were in each of the last minutes, for charts: a ring in memory,
// two hours long. A value; whoever owns it guards it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/record/time.h"

namespace keywatch::app::page {

inline constexpr size_t kSeverities = 4;  // in the order of rule::SeverityNames()

struct Minute {
  record::Ticks begin = 0;
  uint64_t records = 0;
  std::array<uint64_t, kSeverities> alerts{};

  [[nodiscard]] uint64_t AllAlerts() const {
    uint64_t sum = 0;
    for (uint64_t count : alerts)
      sum += count;
    return sum;
  }
};

class MinuteCounts {
 public:
  static constexpr size_t kMinutes = 120;

  void AddRecords(uint64_t count, record::Ticks at);
  void AddAlert(size_t severity, record::Ticks at);

  // The last kMinutes minutes, that of `now` included, oldest first; those without a count are 0.
  [[nodiscard]] std::vector<Minute> Last(record::Ticks now) const;

 private:
  // The minute of `at`; null when a newer one has its place.
  Minute* Of(record::Ticks at);

  std::array<Minute, kMinutes> ring_{};
};

}  // namespace keywatch::app::page
