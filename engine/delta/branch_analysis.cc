#include "engine/delta/branch_analysis.h"

#include <algorithm>

namespace keywatch::delta {

using plan::ExprPtr;

namespace {

using Kind = OpPlan::Kind;

enum class Direction { kSame, kUp, kDown };

class Analysis {
 public:
  explicit Analysis(BranchPlan* branch) : branch_(branch) {}

  void Partition();
  void FindNegated();
  void MarkPresence();
  void MarkHidden();

 private:
  bool Trace(size_t op, const ExprPtr& expr, std::vector<ExprPtr>* by_leaf) const;
  std::optional<Direction> DirectionOf(const ExprPtr& expr, const OpPlan& group) const;
  bool Grows(const ExprPtr& condition, const OpPlan& group) const;
  bool ReadsAggregate(const ExprPtr& expr, size_t op) const;
  void MarkLeaves(size_t op, bool LeafPlan::*flag);
  struct RowSource {
    size_t leaf = 0;
    std::vector<ExprPtr> exprs;  // over the leaf's output
  };
  void RowsOf(size_t op, const std::vector<ExprPtr>& exprs, std::vector<RowSource>* out);

  BranchPlan* branch_;
};

// Where `expr`, over the output of `op`, comes from in every leaf below; false if it does not come
// from each of them in a way that keeps equal values together.
bool Analysis::Trace(size_t number, const ExprPtr& expr, std::vector<ExprPtr>* by_leaf) const {
  const OpPlan& op = branch_->ops[number];
  switch (op.kind) {
    case Kind::kLeaf:
      (*by_leaf)[op.leaf] = plan::Substitute(expr, branch_->leaves[op.leaf].output);
      return true;
    case Kind::kFilter:
      return Trace(op.inputs[0], expr, by_leaf);
    case Kind::kProject:
      return Trace(op.inputs[0], plan::Substitute(expr, op.columns), by_leaf);
    case Kind::kGroup: {
      if (ReadsAggregate(expr, number))
        return false;
      return Trace(op.inputs[0], plan::Substitute(expr, op.keys), by_leaf);
    }
    case Kind::kSemi:
      for (size_t i = 0; i < op.left_keys.size(); ++i) {
        if (!plan::SameExpr(op.left_keys[i], expr))
          continue;
        return Trace(op.inputs[0], expr, by_leaf) && Trace(op.inputs[1], op.right_keys[i], by_leaf);
      }
      return false;
    case Kind::kUnion:
      return std::all_of(op.inputs.begin(), op.inputs.end(), [&](size_t input) {
        return Trace(input, expr, by_leaf);
      });
  }
  return false;
}

// Whether `expr`, over the output of the group `op`, reads more than its keys.
bool Analysis::ReadsAggregate(const ExprPtr& expr, size_t op) const {
  size_t keys = branch_->ops[op].keys.size();
  return plan::AnyOf(expr, [&](const plan::Expr& e) {
    return e.kind == plan::ExprKind::kColumn && e.column >= keys;
  });
}

void Analysis::Partition() {
  const OpPlan& top = branch_->ops.back();
  std::vector<ExprPtr> candidates;
  if (top.kind == Kind::kGroup) {
    for (size_t i = 0; i < top.keys.size(); ++i) {
      candidates.push_back(plan::ColumnRef(i, top.keys[i]->type));
    }
  } else if (top.kind == Kind::kSemi) {
    candidates = top.left_keys;
  }
  for (const ExprPtr& candidate : candidates) {
    std::vector<ExprPtr> by_leaf(branch_->leaves.size());
    if (!Trace(branch_->ops.size() - 1, candidate, &by_leaf))
      continue;
    for (size_t leaf = 0; leaf < by_leaf.size(); ++leaf) {
      branch_->leaves[leaf].partition.push_back(by_leaf[leaf]);
    }
  }
}

// How a value of a group's output row moves as rows are added; null: it may go either way.
std::optional<Direction> Analysis::DirectionOf(const ExprPtr& expr, const OpPlan& group) const {
  size_t keys = group.keys.size();
  bool keys_only = !plan::AnyOf(expr, [&](const plan::Expr& e) {
    return e.kind == plan::ExprKind::kColumn && e.column >= keys;
  });
  if (keys_only)
    return Direction::kSame;
  ExprPtr value = plan::IsCallOf(expr, "array_length") ? expr->args[0] : expr;
  if (value->kind != plan::ExprKind::kColumn)
    return std::nullopt;
  size_t column = keys;
  for (const plan::Aggregate& aggregate : group.aggregates) {
    const std::string& f = aggregate.function;
    if (value->column == column) {
      if (f == "count" || f == "countif" || f == "dcount" || f == "dcountif" || f == "max" ||
          f == "make_set" || f == "make_list" || f == "arg_max")
        return Direction::kUp;
      if (f == "min" || f == "arg_min")
        return Direction::kDown;
      return std::nullopt;
    }
    column += f == "arg_max" || f == "arg_min" ? aggregate.args.size() : 1;
  }
  return std::nullopt;
}

// A condition that, once true for a group, stays true as rows are added. A value that is null while
// there is no row for it (min and max of nothing) makes a comparison not true, and is no exception.
bool Analysis::Grows(const ExprPtr& condition, const OpPlan& group) const {
  if (DirectionOf(condition, group) == Direction::kSame)
    return true;
  if (condition->kind != plan::ExprKind::kCall || condition->args.size() != 2)
    return false;
  const std::string& op = condition->function;
  if (op == "and" || op == "or")
    return Grows(condition->args[0], group) && Grows(condition->args[1], group);
  bool less = op == "<" || op == "<=";
  if (!less && op != ">" && op != ">=")
    return false;
  auto small = DirectionOf(condition->args[less ? 0 : 1], group);
  auto large = DirectionOf(condition->args[less ? 1 : 0], group);
  return small && large && *small != Direction::kUp && *large != Direction::kDown;
}

void Analysis::MarkLeaves(size_t number, bool LeafPlan::*flag) {
  const OpPlan& op = branch_->ops[number];
  if (op.kind == Kind::kLeaf)
    branch_->leaves[op.leaf].*flag = true;
  for (size_t input : op.inputs)
    MarkLeaves(input, flag);
}

void Analysis::FindNegated() {
  for (size_t number = 0; number < branch_->ops.size(); ++number) {
    const OpPlan& op = branch_->ops[number];
    if (op.kind == Kind::kSemi)
      MarkLeaves(op.inputs[1], &LeafPlan::compared);
    if (op.kind == Kind::kSemi && op.anti) {
      MarkLeaves(op.inputs[1], &LeafPlan::negated);
      branch_->has_baseline = true;
    }
    if (op.kind != Kind::kGroup)
      continue;
    // Who reads this group: the terminal predicate, or an operator above.
    bool top = op.parent == SIZE_MAX;
    const OpPlan* parent = top ? nullptr : &branch_->ops[op.parent];
    bool monotone = true;
    ExprPtr condition = top                             ? branch_->predicate
                        : parent->kind == Kind::kFilter ? parent->predicate
                                                        : nullptr;
    if (condition != nullptr) {
      for (const ExprPtr& conjunct : plan::Conjuncts(condition)) {
        monotone = monotone && (plan::IsLiteral(conjunct) || Grows(conjunct, op));
      }
    }
    // Above a group that is not the top, values of aggregates would change under their reader.
    size_t reader = parent != nullptr && parent->kind == Kind::kFilter ? parent->parent : op.parent;
    if (!top && reader != SIZE_MAX) {
      const OpPlan& above = branch_->ops[reader];
      std::vector<ExprPtr> read = above.kind == Kind::kGroup ? above.keys : std::vector<ExprPtr>{};
      for (const plan::Aggregate& aggregate : above.aggregates) {
        read.insert(read.end(), aggregate.args.begin(), aggregate.args.end());
      }
      const auto& semi_keys = op.port == 0 ? above.left_keys : above.right_keys;
      read.insert(read.end(), semi_keys.begin(), semi_keys.end());
      for (const ExprPtr& expr : read)
        monotone = monotone && !ReadsAggregate(expr, number);
      if (above.kind == Kind::kProject || above.kind == Kind::kUnion)
        monotone = false;
    }
    if (!monotone)
      MarkLeaves(number, &LeafPlan::negated);
  }
  for (const LeafPlan& leaf : branch_->leaves) {
    if (leaf.negated)
      branch_->hold = std::min(branch_->hold.value_or(leaf.lag), leaf.lag);
  }
}

// Of the right side of a semi join only the keys matter, and when each is there.
void Analysis::MarkPresence() {
  for (OpPlan& op : branch_->ops) {
    if (op.kind != Kind::kSemi)
      continue;
    OpPlan& right = branch_->ops[op.inputs[1]];
    if (right.kind != Kind::kLeaf)
      continue;
    LeafPlan& leaf = branch_->leaves[right.leaf];
    leaf.presence = true;
    std::vector<ExprPtr> keys;
    right.output = {};
    for (ExprPtr& key : op.right_keys) {
      keys.push_back(plan::Substitute(key, leaf.output));
      right.output.columns.push_back({"", key->type});
      key = plan::ColumnRef(keys.size() - 1, key->type);
    }
    leaf.output = std::move(keys);
  }
}

// The leaves whose rows are the rows of `op`, one by one, with what `exprs` over these is in each.
void Analysis::RowsOf(size_t number,
                      const std::vector<ExprPtr>& exprs,
                      std::vector<RowSource>* out) {
  const OpPlan& op = branch_->ops[number];
  if (op.kind == Kind::kLeaf)
    out->push_back({op.leaf, exprs});
  if (op.kind == Kind::kGroup)
    return;
  std::vector<ExprPtr> below = exprs;
  if (op.kind == Kind::kProject) {
    for (ExprPtr& expr : below)
      expr = plan::Substitute(expr, op.columns);
  }
  size_t kept = op.kind == Kind::kSemi ? 1 : op.inputs.size();
  for (size_t i = 0; i < kept; ++i)
    RowsOf(op.inputs[i], below, out);
}

// An anti join hides the rows on its left whose key is on its right. Texts are never null, so that
// no row is beside the join.
void Analysis::MarkHidden() {
  for (const OpPlan& op : branch_->ops) {
    if (op.kind != Kind::kSemi || !op.anti)
      continue;
    const OpPlan& right = branch_->ops[op.inputs[1]];
    bool texts = std::all_of(op.left_keys.begin(), op.left_keys.end(), [](const ExprPtr& key) {
      return key->type == record::Type::kString;
    });
    if (right.kind != Kind::kLeaf || !texts)
      continue;
    std::vector<RowSource> hidden;
    RowsOf(op.inputs[0], op.left_keys, &hidden);
    for (RowSource& rows : hidden)
      branch_->leaves[rows.leaf].hidden_by.push_back({right.leaf, std::move(rows.exprs)});
  }
}

}  // namespace

void AnalyzeBranch(BranchPlan* branch) {
  Analysis analysis(branch);
  analysis.Partition();
  analysis.FindNegated();
  analysis.MarkPresence();
  analysis.MarkHidden();
}

}  // namespace keywatch::delta
