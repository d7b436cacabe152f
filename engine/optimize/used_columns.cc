#include <algorithm>

#include "engine/base/check.h"
#include "engine/optimize/optimize.h"

namespace keywatch::optimize {

using plan::ExprPtr;
using plan::Node;
using plan::NodePtr;
using record::Schema;

namespace {

using Used = std::vector<bool>;

// A node with fewer columns, and where each old column is now.
struct Pruned {
  NodePtr node;
  std::vector<ExprPtr> at;  // by old column; null: gone
};

// How often an equal row comes: on the side that a semi or anti join only looks up it does not
// matter.
enum class Repeats { kCount, kDoNotCount };

Pruned Prune(const NodePtr& node, const Used& used, Repeats repeats);

// The identity mapping of a schema.
std::vector<ExprPtr> Same(const Schema& schema) {
  std::vector<ExprPtr> at;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    at.push_back(plan::ColumnRef(i, schema.columns[i].type));
  }
  return at;
}

Used UsedBy(const std::vector<ExprPtr>& exprs, const Schema& input) {
  Used used(input.columns.size());
  for (const ExprPtr& expr : exprs)
    plan::CollectColumns(expr, &used);
  return used;
}

void Merge(const Used& more, Used* used) {
  for (size_t i = 0; i < used->size(); ++i)
    (*used)[i] = (*used)[i] || more[i];
}

std::vector<ExprPtr> Moved(const std::vector<ExprPtr>& exprs, const std::vector<ExprPtr>& at) {
  std::vector<ExprPtr> out;
  for (const ExprPtr& expr : exprs)
    out.push_back(plan::Substitute(expr, at));
  return out;
}

// Keeps the columns in `used`: the new schema and the mapping.
std::vector<ExprPtr> Keep(const Schema& schema, const Used& used, Schema* kept) {
  std::vector<ExprPtr> at(schema.columns.size());
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    if (!used[i])
      continue;
    at[i] = plan::ColumnRef(kept->columns.size(), schema.columns[i].type);
    kept->columns.push_back(schema.columns[i]);
  }
  return at;
}

bool IsIdentity(const std::vector<ExprPtr>& columns) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i]->kind != plan::ExprKind::kColumn || columns[i]->column != i)
      return false;
  }
  return true;
}

struct Pruner {
  const NodePtr& node;
  const Used& used;
  Repeats repeats;

  Pruned operator()(const plan::Scan& op) const {
    Schema kept;
    std::vector<ExprPtr> at = Keep(node->schema, used, &kept);
    return {plan::MakeNode(std::move(kept), op, node->span), std::move(at)};
  }

  Pruned operator()(const plan::Values& op) const {
    Schema kept;
    std::vector<ExprPtr> at = Keep(node->schema, used, &kept);
    plan::Values values;
    for (const record::Row& row : op.rows) {
      record::Row& picked = values.rows.emplace_back();
      for (size_t i = 0; i < row.size(); ++i) {
        if (used[i])
          picked.push_back(row[i]);
      }
    }
    return {plan::MakeNode(std::move(kept), std::move(values), node->span), std::move(at)};
  }

  Pruned operator()(const plan::Range&) const { return {node, Same(node->schema)}; }

  Pruned operator()(const plan::Filter& op) const {
    Used needed = used;
    Merge(UsedBy({op.predicate}, op.input->schema), &needed);
    Pruned input = Prune(op.input, needed, repeats);
    ExprPtr predicate = plan::Substitute(op.predicate, input.at);
    NodePtr filter =
        plan::MakeNode(input.node->schema, plan::Filter{input.node, predicate}, node->span);
    return {std::move(filter), std::move(input.at)};
  }

  Pruned operator()(const plan::Project& op) const {
    Schema kept;
    std::vector<ExprPtr> at = Keep(node->schema, used, &kept);
    std::vector<ExprPtr> columns;
    for (size_t i = 0; i < op.columns.size(); ++i) {
      if (used[i])
        columns.push_back(op.columns[i]);
    }
    Pruned input = Prune(op.input, UsedBy(columns, op.input->schema), repeats);
    columns = Moved(columns, input.at);
    // What passes its input on as it is has done its work.
    if (kept == input.node->schema && IsIdentity(columns))
      return {input.node, std::move(at)};
    NodePtr project =
        plan::MakeNode(std::move(kept), plan::Project{input.node, std::move(columns)}, node->span);
    return {std::move(project), std::move(at)};
  }

  Pruned operator()(const plan::Summarize& op) const {
    plan::Summarize kept_op = op;
    kept_op.aggregates.clear();
    Used keep(node->schema.columns.size());
    std::fill_n(keep.begin(), op.keys.size(), true);
    Used needed = UsedBy(op.keys, op.input->schema);
    size_t column = op.keys.size();
    for (const plan::Aggregate& aggregate : op.aggregates) {
      bool several = aggregate.function == "arg_max" || aggregate.function == "arg_min";
      size_t width = several ? aggregate.args.size() : 1;
      bool wanted = std::any_of(used.begin() + static_cast<ptrdiff_t>(column),
                                used.begin() + static_cast<ptrdiff_t>(column + width),
                                [](bool u) { return u; });
      if (wanted) {
        std::fill_n(keep.begin() + static_cast<ptrdiff_t>(column), width, true);
        kept_op.aggregates.push_back(aggregate);
        Merge(UsedBy(aggregate.args, op.input->schema), &needed);
      }
      column += width;
    }
    bool distinct = kept_op.by && kept_op.aggregates.empty();
    if (distinct && repeats == Repeats::kDoNotCount) {
      Schema keys = node->schema;
      keys.columns.resize(op.keys.size());
      NodePtr project =
          plan::MakeNode(std::move(keys), plan::Project{op.input, op.keys}, node->span);
      Used keys_used = used;
      keys_used.resize(op.keys.size());
      Pruned pruned = Prune(project, keys_used, repeats);
      pruned.at.resize(used.size());  // the aggregates are gone
      return pruned;
    }
    Pruned input = Prune(op.input, needed, distinct ? Repeats::kDoNotCount : Repeats::kCount);
    kept_op.input = input.node;
    kept_op.keys = Moved(op.keys, input.at);
    for (plan::Aggregate& aggregate : kept_op.aggregates) {
      aggregate.args = Moved(aggregate.args, input.at);
    }
    Schema kept;
    std::vector<ExprPtr> at = Keep(node->schema, keep, &kept);
    return {plan::MakeNode(std::move(kept), std::move(kept_op), node->span), std::move(at)};
  }

  Pruned operator()(const plan::Sort& op) const {
    Used needed = used;
    std::vector<ExprPtr> values;
    for (const plan::SortKey& key : op.keys)
      values.push_back(key.value);
    Merge(UsedBy(values, op.input->schema), &needed);
    Pruned input = Prune(op.input, needed, repeats);
    plan::Sort sort{input.node, op.keys};
    for (plan::SortKey& key : sort.keys)
      key.value = plan::Substitute(key.value, input.at);
    return {plan::MakeNode(input.node->schema, std::move(sort), node->span), std::move(input.at)};
  }

  Pruned operator()(const plan::Take& op) const {
    Pruned input = Prune(op.input, used, Repeats::kCount);
    NodePtr take = plan::MakeNode(input.node->schema, plan::Take{input.node, op.rows}, node->span);
    return {std::move(take), std::move(input.at)};
  }

  Pruned operator()(const plan::Union& op) const {
    Schema kept;
    std::vector<ExprPtr> at = Keep(node->schema, used, &kept);
    plan::Union all;
    for (const NodePtr& input : op.inputs) {
      Pruned pruned = Prune(input, used, repeats);
      // Inputs must agree on their columns: what an input kept beyond the need is projected away.
      std::vector<ExprPtr> columns;
      for (size_t i = 0; i < used.size(); ++i) {
        if (used[i])
          columns.push_back(pruned.at[i]);
      }
      bool exact = pruned.node->schema == kept && IsIdentity(columns);
      all.inputs.push_back(exact ? pruned.node
                                 : plan::MakeNode(kept, plan::Project{pruned.node, columns}));
    }
    return {plan::MakeNode(std::move(kept), std::move(all), node->span), std::move(at)};
  }

  Pruned operator()(const plan::Join& op) const {
    bool right_only =
        op.kind == plan::JoinKind::kRightAnti || op.kind == plan::JoinKind::kRightSemi;
    bool left_only = op.kind == plan::JoinKind::kLeftAnti || op.kind == plan::JoinKind::kLeftSemi;
    size_t left_width = op.left->schema.columns.size();
    size_t right_width = op.right->schema.columns.size();
    Used left_used(left_width);
    Used right_used(right_width);
    for (size_t i = 0; i < used.size(); ++i) {
      if (!used[i])
        continue;
      if (right_only) {
        right_used[i] = true;
      } else if (left_only || i < left_width) {
        left_used[i] = true;
      } else {
        right_used[i - left_width] = true;
      }
    }
    for (size_t key : op.left_keys)
      left_used[key] = true;
    for (size_t key : op.right_keys)
      right_used[key] = true;
    // The side that is kept repeats as the result does; the other one is only looked up.
    auto counts = [&](bool kept, bool looked_up) {
      return looked_up ? Repeats::kDoNotCount : kept ? repeats : Repeats::kCount;
    };
    Pruned left = Prune(op.left, left_used, counts(left_only, right_only));
    Pruned right = Prune(op.right, right_used, counts(right_only, left_only));
    plan::Join join{op.kind, left.node, right.node, {}, {}};
    for (size_t key : op.left_keys)
      join.left_keys.push_back(left.at[key]->column);
    for (size_t key : op.right_keys)
      join.right_keys.push_back(right.at[key]->column);
    // The output names of the old node, for the columns that are left.
    Schema kept;
    std::vector<ExprPtr> at(node->schema.columns.size());
    auto add = [&](const Pruned& side, size_t old_column, size_t old_output) {
      if (side.at[old_column] == nullptr)
        return;
      size_t base = &side == &right && !right_only ? left.node->schema.columns.size() : 0;
      size_t column = base + side.at[old_column]->column;
      if (kept.columns.size() <= column)
        kept.columns.resize(column + 1);
      kept.columns[column] = node->schema.columns[old_output];
      at[old_output] = plan::ColumnRef(column, node->schema.columns[old_output].type);
    };
    if (!right_only) {
      for (size_t i = 0; i < left_width; ++i)
        add(left, i, i);
    }
    if (!left_only) {
      for (size_t i = 0; i < right_width; ++i)
        add(right, i, right_only ? i : left_width + i);
    }
    return {plan::MakeNode(std::move(kept), std::move(join), node->span), std::move(at)};
  }
};

Pruned Prune(const NodePtr& node, const Used& used, Repeats repeats) {
  return std::visit(Pruner{node, used, repeats}, node->op);
}

}  // namespace

NodePtr PruneColumns(const NodePtr& plan) {
  Pruned pruned = Prune(plan, Used(plan->schema.columns.size(), true), Repeats::kCount);
  bool same = pruned.node->schema == plan->schema;
  for (size_t i = 0; i < pruned.at.size() && same; ++i) {
    KEYWATCH_CHECK(pruned.at[i] != nullptr, "the result keeps all its columns");
    same = pruned.at[i]->column == i;
  }
  return same ? pruned.node
              : plan::MakeNode(plan->schema, plan::Project{pruned.node, pruned.at}, plan->span);
}

}  // namespace keywatch::optimize
