#include "tests/kql/ways.h"

#include "engine/optimize/optimize.h"
#include "tests/kql/delta_way.h"

namespace keywatch::kql_tests {

namespace {

std::optional<std::vector<record::Row>> BatchOptimized(const plan::NodePtr& plan,
                                                       const batch::Tables& tables,
                                                       record::Ticks now) {
  return batch::Execute(optimize::Optimize(plan), tables, now);
}

std::optional<std::vector<record::Row>> BatchAsBound(const plan::NodePtr& plan,
                                                     const batch::Tables& tables,
                                                     record::Ticks now) {
  return batch::Execute(plan, tables, now);
}

}  // namespace

std::vector<Way> Ways() {
  return {{"batch, optimized", BatchOptimized},
          {"batch, as bound", BatchAsBound},
          {"delta", RunContinuously, false}};
}

}  // namespace keywatch::kql_tests
