#include "engine/optimize/optimize.h"

namespace keywatch::optimize {

plan::NodePtr Optimize(const plan::NodePtr& plan) {
  return PruneColumns(PushDownFilters(FoldConstants(plan)));
}

}  // namespace keywatch::optimize
