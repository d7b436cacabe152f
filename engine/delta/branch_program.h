// A branch's expressions compiled, shared by all its partitions. Immutable.
#pragma once

#include <vector>

#include "engine/delta/delta_plan.h"
#include "engine/eval/evaluator.h"

namespace keywatch::delta {

// Expressions evaluated for one row at a time.
class RowPrograms {
 public:
  RowPrograms() = default;
  explicit RowPrograms(const std::vector<plan::ExprPtr>& exprs);
  [[nodiscard]] bool empty() const { return programs_.empty(); }
  [[nodiscard]] record::Row Run(const record::Row& row) const;

 private:
  std::vector<eval::Program> programs_;
  std::vector<bool> read_;  // columns that are read by more than plain references
};

struct OpProgram {
  RowPrograms columns;                 // kProject
  RowPrograms predicate;               // kFilter: one
  RowPrograms keys;                    // kGroup
  std::vector<RowPrograms> arguments;  // kGroup: by aggregate
  RowPrograms left_keys;               // kSemi
  RowPrograms right_keys;
};

struct LeafProgram {
  explicit LeafProgram(const LeafPlan& leaf);
  eval::Predicate predicate;
  std::vector<eval::Program> bounds;
  std::vector<eval::Program> output;
  std::vector<eval::Program> partition;
  std::vector<RowPrograms> hidden_keys;  // by LeafPlan::hidden_by, over a row of `output`
};

struct BranchProgram {
  explicit BranchProgram(const BranchPlan& branch);

  const BranchPlan* plan;  // outlives this
  std::vector<LeafProgram> leaves;
  std::vector<OpProgram> ops;
  RowPrograms predicate;              // empty when every row counts
  std::vector<bool> predicate_reads;  // columns of the top operator's output
  RowPrograms columns;
};

}  // namespace keywatch::delta
