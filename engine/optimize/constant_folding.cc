#include "engine/eval/evaluator.h"
#include "engine/optimize/optimize.h"

namespace keywatch::optimize {

using plan::Expr;
using plan::ExprKind;
using plan::ExprPtr;
using plan::Node;
using plan::NodePtr;
using record::Type;
using record::Value;

namespace {

bool IsConstantBool(const ExprPtr& expr, bool value) {
  return plan::IsLiteral(expr) && expr->type == Type::kBool && !expr->literal.is_null() &&
         expr->literal.boolean() == value;
}

// and, or and iff with a known side; null when nothing is known.
ExprPtr Shrink(const ExprPtr& expr) {
  bool is_and = plan::IsCallOf(expr, "and");
  if (is_and || plan::IsCallOf(expr, "or")) {
    for (size_t i = 0; i < 2; ++i) {
      // The neutral side goes only if the other is bool: `and` also reads a dynamic as truth.
      const ExprPtr& other = expr->args[1 - i];
      if (IsConstantBool(expr->args[i], is_and) && other->type == Type::kBool)
        return other;
      if (IsConstantBool(expr->args[i], !is_and))
        return expr->args[i];
    }
  }
  if (plan::IsCallOf(expr, "iff") && plan::IsLiteral(expr->args[0])) {
    const ExprPtr& chosen = IsConstantBool(expr->args[0], true) ? expr->args[1] : expr->args[2];
    if (chosen->type == expr->type)
      return chosen;
  }
  return nullptr;
}

ExprPtr FoldExpr(const ExprPtr& expr) {
  std::vector<ExprPtr> args;
  bool all_constant = !expr->args.empty();
  for (const ExprPtr& arg : expr->args) {
    args.push_back(FoldExpr(arg));
    all_constant = all_constant && plan::IsLiteral(args.back());
  }
  ExprPtr folded = expr->args.empty() ? expr : plan::WithArgs(expr, std::move(args));
  if (expr->subquery != nullptr) {
    auto copy = std::make_shared<Expr>(*folded);
    copy->subquery = Optimize(expr->subquery);
    folded = copy;
  }
  if (folded->kind != ExprKind::kCall)
    return folded;
  if (ExprPtr shrunk = Shrink(folded))
    return shrunk;
  if (!all_constant)
    return folded;
  eval::Chunk one;
  one.rows = 1;
  return plan::Constant(eval::Program(folded).Run(one, {}).ValueAt(0), expr->span);
}

std::vector<ExprPtr> FoldAll(const std::vector<ExprPtr>& exprs) {
  std::vector<ExprPtr> out;
  out.reserve(exprs.size());
  for (const ExprPtr& expr : exprs)
    out.push_back(FoldExpr(expr));
  return out;
}

struct Folder {
  const Node& node;

  NodePtr Make(auto op) const { return plan::MakeNode(node.schema, std::move(op), node.span); }

  NodePtr operator()(const plan::Scan& op) const { return Make(op); }
  NodePtr operator()(const plan::Values& op) const { return Make(op); }
  NodePtr operator()(plan::Range op) const {
    op.from = FoldExpr(op.from);
    op.to = FoldExpr(op.to);
    op.step = FoldExpr(op.step);
    return Make(op);
  }
  NodePtr operator()(const plan::Filter& op) const {
    NodePtr input = FoldConstants(op.input);
    ExprPtr predicate = FoldExpr(op.predicate);
    if (IsConstantBool(predicate, true))
      return input;
    return Make(plan::Filter{input, predicate});
  }
  NodePtr operator()(const plan::Project& op) const {
    return Make(plan::Project{FoldConstants(op.input), FoldAll(op.columns)});
  }
  NodePtr operator()(plan::Summarize op) const {
    op.input = FoldConstants(op.input);
    op.keys = FoldAll(op.keys);
    for (plan::Aggregate& aggregate : op.aggregates)
      aggregate.args = FoldAll(aggregate.args);
    return Make(op);
  }
  NodePtr operator()(plan::Sort op) const {
    op.input = FoldConstants(op.input);
    for (plan::SortKey& key : op.keys)
      key.value = FoldExpr(key.value);
    return Make(op);
  }
  NodePtr operator()(const plan::Take& op) const {
    return Make(plan::Take{FoldConstants(op.input), op.rows});
  }
  NodePtr operator()(plan::Join op) const {
    op.left = FoldConstants(op.left);
    op.right = FoldConstants(op.right);
    return Make(op);
  }
  NodePtr operator()(plan::Union op) const {
    for (NodePtr& input : op.inputs)
      input = FoldConstants(input);
    return Make(op);
  }
};

}  // namespace

NodePtr FoldConstants(const NodePtr& plan) { return std::visit(Folder{*plan}, plan->op); }

}  // namespace keywatch::optimize
