#include <algorithm>

#include "engine/optimize/optimize.h"

namespace keywatch::optimize {

using plan::ExprPtr;
using plan::JoinKind;
using plan::Node;
using plan::NodePtr;

namespace {

NodePtr FilterOf(const NodePtr& input, const std::vector<ExprPtr>& conjuncts) {
  if (conjuncts.empty())
    return input;
  ExprPtr predicate = plan::And(conjuncts);
  return plan::MakeNode(input->schema, plan::Filter{input, predicate}, predicate->span);
}

// Column references moved down by `offset`, for the right side of a join.
ExprPtr Shift(const ExprPtr& expr, size_t offset, const record::Schema& schema) {
  std::vector<ExprPtr> replacement(offset);
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    replacement.push_back(plan::ColumnRef(i, schema.columns[i].type));
  }
  return plan::Substitute(expr, replacement);
}

// True if every column that `expr` reads lies in [begin, end).
bool ReadsOnly(const ExprPtr& expr, size_t begin, size_t end) {
  return !plan::AnyOf(expr, [&](const plan::Expr& e) {
    return e.kind == plan::ExprKind::kColumn && (e.column < begin || e.column >= end);
  });
}

// Puts `conjuncts` (over the node's output) as far below the node as they may go.
NodePtr Push(const NodePtr& node, std::vector<ExprPtr> conjuncts);

struct Pusher {
  const NodePtr& node;
  std::vector<ExprPtr>& conjuncts;

  NodePtr Stop(const NodePtr& rebuilt) const { return FilterOf(rebuilt, conjuncts); }
  NodePtr Make(auto op) const { return plan::MakeNode(node->schema, std::move(op), node->span); }

  NodePtr operator()(const plan::Scan&) const { return Stop(node); }
  NodePtr operator()(const plan::Values&) const { return Stop(node); }
  NodePtr operator()(const plan::Range&) const { return Stop(node); }

  NodePtr operator()(const plan::Filter& op) const {
    std::vector<ExprPtr> all = plan::Conjuncts(op.predicate);
    all.insert(all.end(), conjuncts.begin(), conjuncts.end());
    return Push(op.input, std::move(all));
  }

  NodePtr operator()(const plan::Project& op) const {
    std::vector<ExprPtr> below;
    for (const ExprPtr& conjunct : conjuncts)
      below.push_back(plan::Substitute(conjunct, op.columns));
    return Make(plan::Project{Push(op.input, std::move(below)), op.columns});
  }

  // A condition on the keys holds for all rows of a group or for none.
  NodePtr operator()(const plan::Summarize& op) const {
    std::vector<ExprPtr> below;
    std::vector<ExprPtr> above;
    for (const ExprPtr& conjunct : conjuncts) {
      bool keys_only = op.by && ReadsOnly(conjunct, 0, op.keys.size());
      if (keys_only) {
        below.push_back(plan::Substitute(conjunct, op.keys));
      } else {
        above.push_back(conjunct);
      }
    }
    plan::Summarize copy = op;
    copy.input = Push(op.input, std::move(below));
    return FilterOf(Make(copy), above);
  }

  NodePtr operator()(const plan::Sort& op) const {
    return Make(plan::Sort{Push(op.input, conjuncts), op.keys});
  }

  NodePtr operator()(const plan::Take& op) const {
    return Stop(Make(plan::Take{Push(op.input, {}), op.rows}));
  }

  NodePtr operator()(const plan::Union& op) const {
    plan::Union all;
    for (const NodePtr& input : op.inputs)
      all.inputs.push_back(Push(input, conjuncts));
    return Make(all);
  }

  NodePtr operator()(const plan::Join& op) const {
    std::vector<ExprPtr> left;
    std::vector<ExprPtr> right;
    std::vector<ExprPtr> above;
    size_t width = op.left->schema.columns.size();
    for (const ExprPtr& conjunct : conjuncts) {
      switch (op.kind) {
        case JoinKind::kLeftAnti:
        case JoinKind::kLeftSemi:
          left.push_back(conjunct);
          break;
        case JoinKind::kRightAnti:
        case JoinKind::kRightSemi:
          right.push_back(conjunct);
          break;
        case JoinKind::kInner:
        case JoinKind::kInnerUnique:
        case JoinKind::kLeftOuter: {
          // innerunique picks one left row per key: a filter below the choice would change it.
          bool to_left = ReadsOnly(conjunct, 0, width) && op.kind != JoinKind::kInnerUnique;
          bool to_right = !to_left && op.kind != JoinKind::kLeftOuter &&
                          ReadsOnly(conjunct, width, node->schema.columns.size());
          if (to_left) {
            left.push_back(conjunct);
          } else if (to_right) {
            right.push_back(Shift(conjunct, width, op.right->schema));
          } else {
            above.push_back(conjunct);
          }
          break;
        }
      }
    }
    plan::Join copy = op;
    copy.left = Push(op.left, std::move(left));
    copy.right = Push(op.right, std::move(right));
    return FilterOf(Make(copy), above);
  }
};

NodePtr Push(const NodePtr& node, std::vector<ExprPtr> conjuncts) {
  return std::visit(Pusher{node, conjuncts}, node->op);
}

}  // namespace

NodePtr PushDownFilters(const NodePtr& plan) { return Push(plan, {}); }

}  // namespace keywatch::optimize
