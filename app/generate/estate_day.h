// A day of an estate: everything its people and programs do, none of it an attack.
#pragma once

#include <vector>

#include "app/generate/audit_record.h"
#include "app/generate/estate_world.h"
#include "app/generate/random.h"

namespace keywatch::generate {

struct EstateDay {
  record::Ticks begin = 0;
  int number = 0;          // counted from the first day of the history
  int history_days = 0;    // before the days that count
  uint64_t percent = 100;  // of the requests that come round the clock; jobs are not thinned
};

// Appends the day's events, in no order. They point into `world` and `texts`.
void AddEstateDay(const EstateWorld& world,
                  Random random,
                  const EstateDay& day,
                  Texts* texts,
                  std::vector<Event>* events);

}  // namespace keywatch::generate
