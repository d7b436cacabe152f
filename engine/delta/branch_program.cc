#include "engine/delta/branch_program.h"

namespace keywatch::delta {

std::vector<eval::Program> CompileAll(const std::vector<plan::ExprPtr>& exprs) {
  std::vector<eval::Program> out;
  out.reserve(exprs.size());
  for (const plan::ExprPtr& expr : exprs)
    out.emplace_back(expr);
  return out;
}

record::Row EvaluateAll(const std::vector<eval::Program>& programs, const record::Row& row) {
  eval::Chunk chunk;
  chunk.rows = 1;
  chunk.columns.reserve(row.size());
  for (const record::Value& value : row) {
    chunk.columns.push_back(eval::Vector::Constant(value));
  }
  record::Row out;
  out.reserve(programs.size());
  for (const eval::Program& program : programs)
    out.push_back(program.Run(chunk, {}).ValueAt(0));
  return out;
}

namespace {

std::vector<plan::ExprPtr> Times(const LeafPlan& leaf) {
  std::vector<plan::ExprPtr> out;
  for (const TemporalBound& bound : leaf.bounds)
    out.push_back(bound.time);
  return out;
}

OpProgram CompileOp(const OpPlan& op) {
  OpProgram out;
  out.columns = CompileAll(op.columns);
  if (op.predicate != nullptr)
    out.predicate.emplace_back(op.predicate);
  out.keys = CompileAll(op.keys);
  for (const plan::Aggregate& aggregate : op.aggregates) {
    out.arguments.push_back(CompileAll(aggregate.args));
  }
  out.left_keys = CompileAll(op.left_keys);
  out.right_keys = CompileAll(op.right_keys);
  return out;
}

}  // namespace

LeafProgram::LeafProgram(const LeafPlan& leaf)
    : predicate(leaf.predicate),
      bounds(CompileAll(Times(leaf))),
      output(CompileAll(leaf.output)),
      partition(CompileAll(leaf.partition)) {}

BranchProgram::BranchProgram(const BranchPlan& branch) : plan(&branch) {
  for (const LeafPlan& leaf : branch.leaves)
    leaves.emplace_back(leaf);
  for (const OpPlan& op : branch.ops)
    ops.push_back(CompileOp(op));
  predicate_reads.resize(branch.ops.back().output.columns.size());
  if (!plan::IsLiteral(branch.predicate)) {
    predicate.emplace_back(branch.predicate);
    plan::CollectColumns(branch.predicate, &predicate_reads);
  }
  columns = CompileAll(branch.columns);
}

}  // namespace keywatch::delta
