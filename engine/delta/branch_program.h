// A branch's expressions compiled, shared by all its partitions. Immutable.
#pragma once

#include <vector>

#include "engine/delta/delta_plan.h"
#include "engine/eval/evaluator.h"

namespace keywatch::delta {

struct OpProgram {
  std::vector<eval::Program> columns;                 // kProject
  std::vector<eval::Program> predicate;               // kFilter: one
  std::vector<eval::Program> keys;                    // kGroup
  std::vector<std::vector<eval::Program>> arguments;  // kGroup: by aggregate
  std::vector<eval::Program> left_keys;               // kSemi
  std::vector<eval::Program> right_keys;
};

struct LeafProgram {
  explicit LeafProgram(const LeafPlan& leaf);
  eval::Predicate predicate;
  std::vector<eval::Program> bounds;
  std::vector<eval::Program> output;
  std::vector<eval::Program> partition;
};

struct BranchProgram {
  explicit BranchProgram(const BranchPlan& branch);

  const BranchPlan* plan;  // outlives this
  std::vector<LeafProgram> leaves;
  std::vector<OpProgram> ops;
  std::vector<eval::Program> predicate;  // empty when every row counts
  std::vector<bool> predicate_reads;     // columns of the top operator's output
  std::vector<eval::Program> columns;
};

std::vector<eval::Program> CompileAll(const std::vector<plan::ExprPtr>& exprs);
// The values of `programs` for one row.
record::Row EvaluateAll(const std::vector<eval::Program>& programs, const record::Row& row);

}  // namespace keywatch::delta
