#include "engine/delta/branch_program.h"

namespace keywatch::delta {

RowPrograms::RowPrograms(const std::vector<plan::ExprPtr>& exprs) {
  for (const plan::ExprPtr& expr : exprs) {
    programs_.emplace_back(expr);
    if (programs_.back().column())
      continue;
    plan::AnyOf(expr, [&](const plan::Expr& e) {
      if (e.kind == plan::ExprKind::kColumn && e.column >= read_.size())
        read_.resize(e.column + 1);
      return false;
    });
    plan::CollectColumns(expr, &read_);
  }
}

record::Row RowPrograms::Run(const record::Row& row) const {
  eval::Chunk chunk;
  chunk.rows = 1;
  chunk.columns.resize(read_.size());
  for (size_t c = 0; c < read_.size(); ++c) {
    if (read_[c])
      chunk.columns[c] = eval::Vector::ConstantView(row[c]);
  }
  record::Row out;
  out.reserve(programs_.size());
  for (const eval::Program& program : programs_) {
    std::optional<size_t> column = program.column();
    out.push_back(column ? row[*column] : program.Run(chunk, {}).ValueAt(0));
  }
  return out;
}

namespace {

std::vector<eval::Program> CompileAll(const std::vector<plan::ExprPtr>& exprs) {
  std::vector<eval::Program> out;
  out.reserve(exprs.size());
  for (const plan::ExprPtr& expr : exprs)
    out.emplace_back(expr);
  return out;
}

std::vector<plan::ExprPtr> Times(const LeafPlan& leaf) {
  std::vector<plan::ExprPtr> out;
  for (const TemporalBound& bound : leaf.bounds)
    out.push_back(bound.time);
  return out;
}

OpProgram CompileOp(const OpPlan& op) {
  OpProgram out;
  out.columns = RowPrograms(op.columns);
  if (op.predicate != nullptr)
    out.predicate = RowPrograms({op.predicate});
  out.keys = RowPrograms(op.keys);
  for (const plan::Aggregate& aggregate : op.aggregates) {
    out.arguments.emplace_back(aggregate.args);
  }
  out.left_keys = RowPrograms(op.left_keys);
  out.right_keys = RowPrograms(op.right_keys);
  return out;
}

}  // namespace

LeafProgram::LeafProgram(const LeafPlan& leaf)
    : predicate(leaf.predicate),
      bounds(CompileAll(Times(leaf))),
      output(CompileAll(leaf.output)),
      partition(CompileAll(leaf.partition)) {
  for (const HiddenBy& hidden : leaf.hidden_by)
    hidden_keys.emplace_back(hidden.key);
}

BranchProgram::BranchProgram(const BranchPlan& branch) : plan(&branch) {
  for (const LeafPlan& leaf : branch.leaves)
    leaves.emplace_back(leaf);
  for (const OpPlan& op : branch.ops)
    ops.push_back(CompileOp(op));
  predicate_reads.resize(branch.ops.back().output.columns.size());
  if (!plan::IsLiteral(branch.predicate)) {
    predicate = RowPrograms({branch.predicate});
    plan::CollectColumns(branch.predicate, &predicate_reads);
  }
  columns = RowPrograms(branch.columns);
}

}  // namespace keywatch::delta
