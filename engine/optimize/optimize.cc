#include "engine/optimize/optimize.h"

namespace keywatch::optimize {

plan::NodePtr Optimize(const plan::NodePtr& plan) {
  return PruneColumns(PushDownFilters(InlineConstantTables(FoldConstants(plan))));
}

}  // namespace keywatch::optimize
