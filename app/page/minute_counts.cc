#include "app/page/minute_counts.h"

namespace keywatch::app::page {

using record::Ticks;

Minute* MinuteCounts::Of(Ticks at) {
  Ticks begin = record::FloorTo(at, record::kTicksPerMinute);
  Minute& minute = ring_[static_cast<size_t>(begin / record::kTicksPerMinute) % kMinutes];
  if (minute.begin > begin)
    return nullptr;
  if (minute.begin < begin) {
    minute = {};
    minute.begin = begin;
  }
  return &minute;
}

void MinuteCounts::AddRecords(uint64_t count, Ticks at) {
  if (Minute* minute = Of(at))
    minute->records += count;
}

void MinuteCounts::AddAlert(size_t severity, Ticks at) {
  Minute* minute = Of(at);
  if (minute != nullptr && severity < kSeverities)
    ++minute->alerts[severity];
}

std::vector<Minute> MinuteCounts::Last(Ticks now) const {
  std::vector<Minute> out(kMinutes);
  Ticks begin = record::FloorTo(now, record::kTicksPerMinute) -
                static_cast<Ticks>(kMinutes - 1) * record::kTicksPerMinute;
  for (Minute& minute : out) {
    const Minute& kept = ring_[static_cast<size_t>(begin / record::kTicksPerMinute) % kMinutes];
    minute.begin = begin;
    if (kept.begin == begin)
      minute = kept;
    begin += record::kTicksPerMinute;
  }
  return out;
}

}  // namespace keywatch::app::page
