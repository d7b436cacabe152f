// The scenes of a day: attacks that must raise an alert, and lookalikes that must not. Each has a
// label with what to look for.
#pragma once

#include <vector>

#include "app/generate/audit_record.h"
#include "app/generate/random.h"
#include "app/generate/traffic.h"

namespace keywatch::generate {

// Appends the scenes of the day that begins at `day`. `number` counts the days with scenes: no
// address, and no pair of caller and key, comes again within two weeks.
void AddScenes(const World& world,
               Random random,
               record::Ticks day,
               int number,
               std::vector<Event>* events,
               std::vector<Label>* labels);

}  // namespace keywatch::generate
