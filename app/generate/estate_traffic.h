// The traffic of an estate: its days, and on the first one that counts a story.
#pragma once

#include "app/generate/traffic.h"

namespace keywatch::generate {

// options.estate is set, and all options are in their ranges.
Result<TrafficCounts> GenerateEstateTraffic(const TrafficOptions& options,
                                            const TrafficSinks& sinks);

}  // namespace keywatch::generate
