// Which ingestion times to ask for next. Pure.
//
// Time is asked for in slices, each beginning where the one before ended, from the instant up to
// which everything is known to have been seen. A row becomes visible some time after its ingestion
// time, so the last `settle` before the service's clock is never taken for complete: each pass asks
// for it again, until it is older. The clock that counts is the service's, told by each answer.
#pragma once

#include <algorithm>

#include "engine/record/time.h"

namespace keywatch::loganalytics {

using record::Ticks;

struct SliceSettings {
  Ticks settle = 5 * record::kTicksPerMinute;
  Ticks longest = record::kTicksPerHour;
  Ticks shortest = record::kTicksPerMillisecond;
};

// Ingestion times `from` <= t < `to`.
struct Slice {
  Ticks from = 0;
  Ticks to = 0;
  bool operator==(const Slice&) const = default;
};

class SlicePlan {
 public:
  SlicePlan(const SliceSettings& settings, Ticks complete)
      : settings_(settings),
        complete_(complete),
        from_(complete),
        end_(complete),
        length_(settings.longest) {}

  // `now` by our clock: how far a pass goes.
  Slice Next(Ticks now) {
    if (pass_done()) {
      from_ = complete_;
      end_ = std::max(now, complete_ + 1);
    }
    return {from_, std::min(from_ + length_, end_)};
  }
  // All rows of the slice have come, when it was `service_now` at the service.
  void OnWhole(const Slice& slice, Ticks service_now) {
    from_ = slice.to;
    // Not beyond what an earlier slice of the pass left open: it was asked for at an earlier time.
    if (slice.from <= complete_)
      complete_ = std::max(complete_, std::min(slice.to, service_now - settings_.settle));
    length_ = std::min(2 * length_, settings_.longest);
  }
  // There were more rows than the service gives. False: the slice cannot be made shorter.
  bool OnTooMuch(const Slice& slice) {
    Ticks length = slice.to - slice.from;
    if (length <= settings_.shortest)
      return false;
    length_ = std::max(length / 2, settings_.shortest);
    return true;
  }

  // Everything ingested before this has been seen.
  [[nodiscard]] Ticks complete() const { return complete_; }
  // The pass that Next() began has reached its end.
  [[nodiscard]] bool pass_done() const { return from_ >= end_; }

 private:
  SliceSettings settings_;
  Ticks complete_;
  Ticks from_;  // of the next slice of the pass
  Ticks end_;   // of the pass
  Ticks length_;
};

}  // namespace keywatch::loganalytics
