// The third way to run a query: continuously. The rows of the case's tables arrive one after the
// other, and the state as of `now` must be what the batch driver gives for complete tables.
#pragma once

#include <optional>
#include <vector>

#include "engine/batch/executor.h"
#include "engine/plan/node.h"

namespace keywatch::kql_tests {

// The result rows in any order; null when the plan cannot be evaluated continuously. A list or set
// made by an aggregate has its elements in any order.
std::optional<std::vector<record::Row>> RunContinuously(const plan::NodePtr& plan,
                                                        const batch::Tables& tables,
                                                        record::Ticks now);

}  // namespace keywatch::kql_tests
