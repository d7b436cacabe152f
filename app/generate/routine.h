// What happens every day, and therefore must not surprise anybody: nightly backups, key releases to
// known workloads and single refusals. No alert of Medium or above may come of it once two weeks
// are known.
#pragma once

#include <vector>

#include "app/generate/audit_record.h"
#include "app/generate/random.h"

namespace keywatch::generate {

// Appends the events of the day that begins at `day`.
void AddRoutine(const World& world, Random random, record::Ticks day, std::vector<Event>* events);

}  // namespace keywatch::generate
