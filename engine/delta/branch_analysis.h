// What follows from the shape of a branch: how its rows are partitioned, which inputs are negated
// and how long a result has to wait for them, and where only presence matters. See delta_plan.h.
#pragma once

#include "engine/delta/delta_plan.h"

namespace keywatch::delta {

// Fills the partition expressions, `negated`, `compared` and `presence` of the leaves, and `hold`
// and `has_baseline` of the branch, whose operators and terminal predicate are complete.
void AnalyzeBranch(BranchPlan* branch);

}  // namespace keywatch::delta
