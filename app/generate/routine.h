// What happens every day, and therefore must not surprise anybody: nightly backups, key releases to
// known workloads, single refusals, and once a week a ceremony in which security domains are backed
// up. No alert may come of it once two weeks are known.
#pragma once

#include <vector>

#include "app/generate/audit_record.h"
#include "app/generate/random.h"

namespace keywatch::generate {

// Appends the events of the day that begins at `day`; `number` counts days from the first of all.
void AddRoutine(
    const World& world, Random random, record::Ticks day, int number, std::vector<Event>* events);

}  // namespace keywatch::generate
