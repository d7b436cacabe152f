// Aggregates over the complete list of a group's rows.
#pragma once

#include <vector>

#include "engine/plan/node.h"

namespace keywatch::batch {

// `args[i]` holds argument i of the aggregate for every row of the group. The result has one value,
// arg_max and arg_min one per argument.
std::vector<record::Value> Aggregated(const plan::Aggregate& aggregate,
                                      const std::vector<std::vector<record::Value>>& args,
                                      size_t rows);

}  // namespace keywatch::batch
