#include "engine/delta/delta_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/batch/aggregate.h"
#include "engine/eval/evaluator.h"

namespace keywatch::delta {

using plan::ExprPtr;
using plan::Node;
using plan::NodePtr;
using record::Schema;
using record::Ticks;
using record::Type;

namespace {

using Kind = OpPlan::Kind;

std::vector<ExprPtr> AllColumns(const Schema& schema) {
  std::vector<ExprPtr> out;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    out.push_back(plan::ColumnRef(i, schema.columns[i].type));
  }
  return out;
}

std::vector<ExprPtr> SubstituteAll(const std::vector<ExprPtr>& exprs,
                                   const std::vector<ExprPtr>& replacement) {
  std::vector<ExprPtr> out;
  for (const ExprPtr& expr : exprs) out.push_back(plan::Substitute(expr, replacement));
  return out;
}

// `x in (subquery)` or its negation.
bool IsMembership(const ExprPtr& conjunct) {
  const ExprPtr& inner = plan::IsCallOf(conjunct, "not") ? conjunct->args[0] : conjunct;
  return inner->kind == plan::ExprKind::kInSubquery;
}

bool HasSubquery(const ExprPtr& expr) {
  return plan::AnyOf(expr, [](const plan::Expr& e) { return e.subquery != nullptr; });
}

// A pipeline of filters and projections over one scan, as expressions over the scan's columns.
struct Chain {
  NodePtr scan;
  std::vector<ExprPtr> conjuncts;
  std::vector<ExprPtr> output;
};

std::optional<Chain> FlattenChain(const NodePtr& node) {
  if (std::holds_alternative<plan::Scan>(node->op)) {
    return Chain{node, {}, AllColumns(node->schema)};
  }
  if (const auto* filter = std::get_if<plan::Filter>(&node->op)) {
    std::optional<Chain> chain = FlattenChain(filter->input);
    if (!chain) return std::nullopt;
    for (const ExprPtr& conjunct : plan::Conjuncts(filter->predicate)) {
      if (IsMembership(conjunct)) return std::nullopt;
      chain->conjuncts.push_back(plan::Substitute(conjunct, chain->output));
    }
    return chain;
  }
  if (const auto* project = std::get_if<plan::Project>(&node->op)) {
    std::optional<Chain> chain = FlattenChain(project->input);
    if (chain) chain->output = SubstituteAll(project->columns, chain->output);
    return chain;
  }
  if (const auto* sort = std::get_if<plan::Sort>(&node->op)) return FlattenChain(sort->input);
  return std::nullopt;
}

class Builder {
 public:
  explicit Builder(Diagnostics* diagnostics) : diagnostics_(diagnostics) {}

  // Splits unions at the top into branches; false after an error.
  bool AddBranches(const NodePtr& node, std::vector<ExprPtr> columns,
                   std::vector<ExprPtr> conjuncts, DeltaPlan* out);

 private:
  // The number of the operator for `node`; null after an error.
  std::optional<size_t> Compile(const NodePtr& node);
  std::optional<size_t> CompileLeaf(const Chain& chain);
  std::optional<size_t> CompileFilter(const plan::Filter& filter, const Node& node);
  std::optional<size_t> CompileMembership(const ExprPtr& conjunct, size_t left);
  std::optional<size_t> CompileGroup(const plan::Summarize& op, const Node& node);
  std::optional<size_t> CompileJoin(const plan::Join& op, const Node& node);

  size_t Add(OpPlan op);
  bool Refuse(SourceSpan span, std::string message) {
    diagnostics_->Error(span, "cannot be evaluated continuously yet: " + std::move(message));
    return false;
  }
  bool NowFree(const std::vector<ExprPtr>& exprs, SourceSpan span);

  void Partition();
  bool Trace(size_t op, const ExprPtr& expr, std::vector<ExprPtr>* by_leaf) const;
  void FindNegated();
  bool Grows(const ExprPtr& conjunct, const OpPlan& group) const;
  bool ReadsAggregate(const ExprPtr& expr, size_t op) const;
  void MarkLeaves(size_t op, bool LeafPlan::*flag);
  void MarkPresence();
  bool EmptyGroupsAreSilent(SourceSpan span);

  Diagnostics* diagnostics_;
  BranchPlan branch_;
};

size_t Builder::Add(OpPlan op) {
  size_t number = branch_.ops.size();
  for (size_t port = 0; port < op.inputs.size(); ++port) {
    branch_.ops[op.inputs[port]].parent = number;
    branch_.ops[op.inputs[port]].port = port;
  }
  branch_.ops.push_back(std::move(op));
  return number;
}

bool Builder::NowFree(const std::vector<ExprPtr>& exprs, SourceSpan span) {
  for (const ExprPtr& expr : exprs) {
    if (MentionsNow(expr)) return Refuse(span, "now() or ago() outside a comparison with a time");
    if (HasSubquery(expr)) {
      return Refuse(span, "a subquery outside `x in (..)` at the top of a where");
    }
  }
  return true;
}

std::optional<size_t> Builder::CompileLeaf(const Chain& chain) {
  LeafPlan leaf;
  leaf.table = std::get<plan::Scan>(chain.scan->op).table;
  leaf.columns = chain.scan->schema;
  std::vector<ExprPtr> rest;
  for (const ExprPtr& conjunct : chain.conjuncts) {
    TemporalBound bound;
    switch (ClassifyConjunct(conjunct, &bound)) {
      case TimeUse::kNone: rest.push_back(conjunct); break;
      case TimeUse::kBound: leaf.bounds.push_back(std::move(bound)); break;
      case TimeUse::kUnsupported:
        Refuse(conjunct->span, "this use of now() or ago(); a comparison of a time with "
                               "now() - timespan is possible");
        return std::nullopt;
    }
  }
  if (!NowFree(rest, chain.scan->span) || !NowFree(chain.output, chain.scan->span)) {
    return std::nullopt;
  }
  // How far behind T the newest visible row is, as far as it is bounded by the event time itself.
  for (const TemporalBound& bound : leaf.bounds) {
    bool event_time = bound.time->kind == plan::ExprKind::kColumn &&
                      leaf.columns.columns[bound.time->column].name == "TimeGenerated";
    if (bound.lower && event_time) leaf.lag = std::max(leaf.lag, bound.offset);
  }
  leaf.predicate = plan::And(rest);
  leaf.output = chain.output;
  OpPlan op;
  op.leaf = branch_.leaves.size();
  for (const ExprPtr& column : chain.output) op.output.columns.push_back({"", column->type});
  branch_.leaves.push_back(std::move(leaf));
  return Add(std::move(op));
}

std::optional<size_t> Builder::CompileMembership(const ExprPtr& conjunct, size_t left) {
  bool anti = plan::IsCallOf(conjunct, "not");
  const ExprPtr& in = anti ? conjunct->args[0] : conjunct;
  if (!NowFree(in->args, conjunct->span)) return std::nullopt;
  std::optional<size_t> right = Compile(in->subquery);
  if (!right) return std::nullopt;
  ExprPtr left_key = in->args[0];
  ExprPtr right_key = plan::ColumnRef(0, in->subquery->schema.columns[0].type);
  if (left_key->type != right_key->type) {
    Refuse(conjunct->span, fmt::format("`in` between {} and {}", record::TypeName(left_key->type),
                                       record::TypeName(right_key->type)));
    return std::nullopt;
  }
  if (in->fold_case) {
    left_key = plan::CallOf("tolower", Type::kString, {left_key});
    right_key = plan::CallOf("tolower", Type::kString, {right_key});
  }
  OpPlan op;
  op.kind = Kind::kSemi;
  op.inputs = {left, *right};
  op.anti = anti;
  op.left_keys = {left_key};
  op.right_keys = {right_key};
  op.output = branch_.ops[left].output;
  return Add(std::move(op));
}

std::optional<size_t> Builder::CompileFilter(const plan::Filter& filter, const Node& node) {
  std::vector<ExprPtr> plain;
  std::vector<ExprPtr> memberships;
  for (const ExprPtr& conjunct : plan::Conjuncts(filter.predicate)) {
    (IsMembership(conjunct) ? memberships : plain).push_back(conjunct);
  }
  NodePtr below = filter.input;
  std::optional<size_t> input;
  if (memberships.empty()) {
    if (!NowFree(plain, node.span)) return std::nullopt;
    input = Compile(below);
    if (!input || plain.empty()) return input;
    OpPlan op;
    op.kind = Kind::kFilter;
    op.inputs = {*input};
    op.predicate = plan::And(plain);
    op.output = branch_.ops[*input].output;
    return Add(std::move(op));
  }
  if (!plain.empty()) {
    below = plan::MakeNode(below->schema, plan::Filter{below, plan::And(plain)}, node.span);
  }
  input = Compile(below);
  for (const ExprPtr& membership : memberships) {
    if (!input) return std::nullopt;
    input = CompileMembership(membership, *input);
  }
  return input;
}

std::optional<size_t> Builder::CompileGroup(const plan::Summarize& op, const Node& node) {
  if (!NowFree(op.keys, node.span)) return std::nullopt;
  for (const plan::Aggregate& aggregate : op.aggregates) {
    if (!NowFree(aggregate.args, node.span)) return std::nullopt;
  }
  std::optional<size_t> input = Compile(op.input);
  if (!input) return std::nullopt;
  OpPlan group;
  group.kind = Kind::kGroup;
  group.inputs = {*input};
  group.keys = op.keys;
  group.aggregates = op.aggregates;
  group.output = node.schema;
  group.always = !op.by;
  return Add(std::move(group));
}

std::optional<size_t> Builder::CompileJoin(const plan::Join& op, const Node& node) {
  using plan::JoinKind;
  bool left_kept = op.kind == JoinKind::kLeftAnti || op.kind == JoinKind::kLeftSemi;
  bool right_kept = op.kind == JoinKind::kRightAnti || op.kind == JoinKind::kRightSemi;
  if (!left_kept && !right_kept) {
    Refuse(node.span, fmt::format("join kind={}", plan::JoinKindName(op.kind)));
    return std::nullopt;
  }
  const NodePtr& kept = left_kept ? op.left : op.right;
  const NodePtr& other = left_kept ? op.right : op.left;
  const std::vector<size_t>& kept_keys = left_kept ? op.left_keys : op.right_keys;
  const std::vector<size_t>& other_keys = left_kept ? op.right_keys : op.left_keys;
  std::optional<size_t> kept_op = Compile(kept);
  std::optional<size_t> other_op = Compile(other);
  if (!kept_op || !other_op) return std::nullopt;
  OpPlan semi;
  semi.kind = Kind::kSemi;
  semi.inputs = {*kept_op, *other_op};
  semi.anti = op.kind == JoinKind::kLeftAnti || op.kind == JoinKind::kRightAnti;
  for (size_t key : kept_keys) {
    semi.left_keys.push_back(plan::ColumnRef(key, kept->schema.columns[key].type));
  }
  for (size_t key : other_keys) {
    semi.right_keys.push_back(plan::ColumnRef(key, other->schema.columns[key].type));
  }
  semi.output = branch_.ops[*kept_op].output;
  return Add(std::move(semi));
}

std::optional<size_t> Builder::Compile(const NodePtr& node) {
  if (std::optional<Chain> chain = FlattenChain(node)) return CompileLeaf(*chain);
  if (const auto* filter = std::get_if<plan::Filter>(&node->op)) {
    return CompileFilter(*filter, *node);
  }
  if (const auto* project = std::get_if<plan::Project>(&node->op)) {
    if (!NowFree(project->columns, node->span)) return std::nullopt;
    std::optional<size_t> input = Compile(project->input);
    if (!input) return std::nullopt;
    OpPlan op;
    op.kind = Kind::kProject;
    op.inputs = {*input};
    op.columns = project->columns;
    op.output = node->schema;
    return Add(std::move(op));
  }
  if (const auto* group = std::get_if<plan::Summarize>(&node->op)) {
    return CompileGroup(*group, *node);
  }
  if (const auto* join = std::get_if<plan::Join>(&node->op)) return CompileJoin(*join, *node);
  if (const auto* sort = std::get_if<plan::Sort>(&node->op)) return Compile(sort->input);
  if (const auto* all = std::get_if<plan::Union>(&node->op)) {
    OpPlan op;
    op.kind = Kind::kUnion;
    op.output = node->schema;
    for (const NodePtr& input : all->inputs) {
      std::optional<size_t> compiled = Compile(input);
      if (!compiled) return std::nullopt;
      op.inputs.push_back(*compiled);
    }
    return Add(std::move(op));
  }
  const char* what = std::holds_alternative<plan::Take>(node->op)     ? "take or top"
                     : std::holds_alternative<plan::Values>(node->op) ? "rows written in the query"
                                                                      : "range";
  Refuse(node->span, what);
  return std::nullopt;
}

// Where `expr`, over the output of `op`, comes from in every leaf below; false if it does not come
// from each of them in a way that keeps equal values together.
bool Builder::Trace(size_t number, const ExprPtr& expr, std::vector<ExprPtr>* by_leaf) const {
  const OpPlan& op = branch_.ops[number];
  switch (op.kind) {
    case Kind::kLeaf:
      (*by_leaf)[op.leaf] = plan::Substitute(expr, branch_.leaves[op.leaf].output);
      return true;
    case Kind::kFilter: return Trace(op.inputs[0], expr, by_leaf);
    case Kind::kProject: return Trace(op.inputs[0], plan::Substitute(expr, op.columns), by_leaf);
    case Kind::kGroup: {
      if (ReadsAggregate(expr, number)) return false;
      return Trace(op.inputs[0], plan::Substitute(expr, op.keys), by_leaf);
    }
    case Kind::kSemi:
      for (size_t i = 0; i < op.left_keys.size(); ++i) {
        if (!plan::SameExpr(op.left_keys[i], expr)) continue;
        return Trace(op.inputs[0], expr, by_leaf) && Trace(op.inputs[1], op.right_keys[i], by_leaf);
      }
      return false;
    case Kind::kUnion:
      return std::all_of(op.inputs.begin(), op.inputs.end(),
                         [&](size_t input) { return Trace(input, expr, by_leaf); });
  }
  return false;
}

// Whether `expr`, over the output of the group `op`, reads more than its keys.
bool Builder::ReadsAggregate(const ExprPtr& expr, size_t op) const {
  size_t keys = branch_.ops[op].keys.size();
  return plan::AnyOf(expr, [&](const plan::Expr& e) {
    return e.kind == plan::ExprKind::kColumn && e.column >= keys;
  });
}

void Builder::Partition() {
  const OpPlan& top = branch_.ops.back();
  std::vector<ExprPtr> candidates;
  if (top.kind == Kind::kGroup) {
    for (size_t i = 0; i < top.keys.size(); ++i) {
      candidates.push_back(plan::ColumnRef(i, top.keys[i]->type));
    }
  } else if (top.kind == Kind::kSemi) {
    candidates = top.left_keys;
  }
  for (const ExprPtr& candidate : candidates) {
    std::vector<ExprPtr> by_leaf(branch_.leaves.size());
    if (!Trace(branch_.ops.size() - 1, candidate, &by_leaf)) continue;
    for (size_t leaf = 0; leaf < by_leaf.size(); ++leaf) {
      branch_.leaves[leaf].partition.push_back(by_leaf[leaf]);
    }
  }
}

// A condition that, once true for a group, stays true as rows are added.
bool Builder::Grows(const ExprPtr& conjunct, const OpPlan& group) const {
  size_t keys = group.keys.size();
  bool keys_only = !plan::AnyOf(conjunct, [&](const plan::Expr& e) {
    return e.kind == plan::ExprKind::kColumn && e.column >= keys;
  });
  if (keys_only) return true;
  if (conjunct->kind != plan::ExprKind::kCall || conjunct->args.size() != 2) return false;
  ExprPtr value = conjunct->args[0];
  ExprPtr limit = conjunct->args[1];
  std::string op = conjunct->function;
  if (plan::IsLiteral(value)) {
    std::swap(value, limit);
    op = op == "<" ? ">" : op == "<=" ? ">=" : op == ">" ? "<" : op == ">=" ? "<=" : op;
  }
  if (!plan::IsLiteral(limit)) return false;
  if (plan::IsCallOf(value, "array_length")) value = value->args[0];
  if (value->kind != plan::ExprKind::kColumn) return false;
  size_t column = keys;
  for (const plan::Aggregate& aggregate : group.aggregates) {
    bool several = aggregate.function == "arg_max" || aggregate.function == "arg_min";
    if (value->column == column) {
      const std::string& f = aggregate.function;
      bool up = f == "count" || f == "countif" || f == "dcount" || f == "dcountif" || f == "max" ||
                f == "make_set" || f == "make_list" || f == "arg_max";
      bool down = f == "min" || f == "arg_min";
      return (up && (op == ">" || op == ">=")) || (down && (op == "<" || op == "<="));
    }
    column += several ? aggregate.args.size() : 1;
  }
  return false;
}

void Builder::MarkLeaves(size_t number, bool LeafPlan::*flag) {
  const OpPlan& op = branch_.ops[number];
  if (op.kind == Kind::kLeaf) branch_.leaves[op.leaf].*flag = true;
  for (size_t input : op.inputs) MarkLeaves(input, flag);
}

void Builder::FindNegated() {
  for (size_t number = 0; number < branch_.ops.size(); ++number) {
    const OpPlan& op = branch_.ops[number];
    if (op.kind == Kind::kSemi) MarkLeaves(op.inputs[1], &LeafPlan::compared);
    if (op.kind == Kind::kSemi && op.anti) {
      MarkLeaves(op.inputs[1], &LeafPlan::negated);
      branch_.has_baseline = true;
    }
    if (op.kind != Kind::kGroup) continue;
    // Who reads this group: the terminal predicate, or an operator above.
    bool top = op.parent == SIZE_MAX;
    const OpPlan* parent = top ? nullptr : &branch_.ops[op.parent];
    bool monotone = true;
    ExprPtr condition = top ? branch_.predicate
                        : parent->kind == Kind::kFilter ? parent->predicate : nullptr;
    if (condition != nullptr) {
      for (const ExprPtr& conjunct : plan::Conjuncts(condition)) {
        monotone = monotone && (plan::IsLiteral(conjunct) || Grows(conjunct, op));
      }
    }
    // Above a group that is not the top, values of aggregates would change under their reader.
    size_t reader = parent != nullptr && parent->kind == Kind::kFilter ? parent->parent : op.parent;
    if (!top && reader != SIZE_MAX) {
      const OpPlan& above = branch_.ops[reader];
      std::vector<ExprPtr> read = above.kind == Kind::kGroup ? above.keys : std::vector<ExprPtr>{};
      for (const plan::Aggregate& aggregate : above.aggregates) {
        read.insert(read.end(), aggregate.args.begin(), aggregate.args.end());
      }
      const auto& semi_keys = op.port == 0 ? above.left_keys : above.right_keys;
      read.insert(read.end(), semi_keys.begin(), semi_keys.end());
      for (const ExprPtr& expr : read) monotone = monotone && !ReadsAggregate(expr, number);
      if (above.kind == Kind::kProject || above.kind == Kind::kUnion) monotone = false;
    }
    if (!monotone) MarkLeaves(number, &LeafPlan::negated);
  }
  for (const LeafPlan& leaf : branch_.leaves) {
    if (leaf.negated) branch_.hold = std::min(branch_.hold.value_or(leaf.lag), leaf.lag);
  }
}

// The right side of a semi join whose whole key is in the partition key: rows need not be told apart.
void Builder::MarkPresence() {
  for (const OpPlan& op : branch_.ops) {
    if (op.kind != Kind::kSemi) continue;
    const OpPlan& right = branch_.ops[op.inputs[1]];
    if (right.kind != Kind::kLeaf) continue;
    LeafPlan& leaf = branch_.leaves[right.leaf];
    bool covered = true;
    for (const ExprPtr& key : op.right_keys) {
      ExprPtr at_leaf = plan::Substitute(key, leaf.output);
      covered = covered && std::any_of(leaf.partition.begin(), leaf.partition.end(),
                                       [&](const ExprPtr& p) { return plan::SameExpr(p, at_leaf); });
    }
    leaf.presence = covered;
  }
}

// `summarize` without `by` has a row even when there is no input. Such a group is kept only from its
// first row on, so a condition above it must leave the empty group out.
bool Builder::EmptyGroupsAreSilent(SourceSpan span) {
  for (const OpPlan& op : branch_.ops) {
    if (op.kind != Kind::kGroup || !op.always) continue;
    if (op.parent != SIZE_MAX || plan::IsLiteral(branch_.predicate)) {
      return Refuse(span, "summarize without `by` has a result even when nothing happened; put a "
                          "condition on it, such as `| where count_ > 0`");
    }
    record::Row empty;
    for (const plan::Aggregate& aggregate : op.aggregates) {
      std::vector<std::vector<record::Value>> no_rows(aggregate.args.size());
      for (record::Value& value : batch::Aggregated(aggregate, no_rows, 0)) {
        empty.push_back(std::move(value));
      }
    }
    record::Value truth = eval::EvaluateRow(eval::Program(branch_.predicate), empty, {});
    if (!truth.is_null() && truth.boolean()) {
      return Refuse(span, "a condition on summarize without `by` that holds when nothing happened");
    }
  }
  return true;
}

bool Builder::AddBranches(const NodePtr& node, std::vector<ExprPtr> columns,
                          std::vector<ExprPtr> conjuncts, DeltaPlan* out) {
  if (const auto* sort = std::get_if<plan::Sort>(&node->op)) {
    return AddBranches(sort->input, std::move(columns), std::move(conjuncts), out);
  }
  if (const auto* project = std::get_if<plan::Project>(&node->op)) {
    return AddBranches(project->input, SubstituteAll(columns, project->columns),
                       SubstituteAll(conjuncts, project->columns), out);
  }
  if (const auto* all = std::get_if<plan::Union>(&node->op)) {
    for (const NodePtr& input : all->inputs) {
      if (!AddBranches(input, columns, conjuncts, out)) return false;
    }
    return true;
  }
  NodePtr core = node;
  if (const auto* filter = std::get_if<plan::Filter>(&node->op)) {
    std::vector<ExprPtr> own = plan::Conjuncts(filter->predicate);
    bool over_group = std::holds_alternative<plan::Summarize>(filter->input->op) &&
                      std::none_of(own.begin(), own.end(), IsMembership);
    if (over_group) {
      if (!NowFree(own, node->span)) return false;
      conjuncts.insert(conjuncts.end(), own.begin(), own.end());
      core = filter->input;
    }
  }
  bool group = std::holds_alternative<plan::Summarize>(core->op);
  if (!conjuncts.empty() && !group) {
    core = plan::MakeNode(core->schema, plan::Filter{core, plan::And(conjuncts)}, core->span);
    conjuncts.clear();
  }
  branch_ = {};
  std::optional<Chain> chain = FlattenChain(core);
  if (chain) {
    // Without state above it the leaf yields the result's columns itself.
    chain->output = SubstituteAll(columns, chain->output);
    if (!CompileLeaf(*chain)) return false;
    branch_.columns = AllColumns(branch_.ops.back().output);
  } else {
    if (!NowFree(columns, core->span) || !Compile(core)) return false;
    branch_.columns = std::move(columns);
  }
  branch_.predicate = plan::And(conjuncts);
  if (!EmptyGroupsAreSilent(core->span)) return false;
  Partition();
  FindNegated();
  MarkPresence();
  bool visible_at_once = std::none_of(
      branch_.leaves[0].bounds.begin(), branch_.leaves[0].bounds.end(), [](const TemporalBound& b) {
        return b.lower;
      });
  size_t kept = branch_.ops.size() - 1;  // down the side whose rows are kept
  while (branch_.ops[kept].kind == Kind::kSemi || branch_.ops[kept].kind == Kind::kFilter ||
         branch_.ops[kept].kind == Kind::kProject) {
    kept = branch_.ops[kept].inputs[0];
  }
  branch_.by_record = branch_.ops[kept].kind == Kind::kLeaf;
  branch_.stateless = chain.has_value() && visible_at_once;
  out->branches.push_back(std::move(branch_));
  return true;
}

}  // namespace

std::optional<DeltaPlan> MakeDeltaPlan(const NodePtr& plan, Diagnostics* diagnostics) {
  DeltaPlan out;
  out.schema = plan->schema;
  if (!Builder(diagnostics).AddBranches(plan, AllColumns(plan->schema), {}, &out)) {
    return std::nullopt;
  }
  return out;
}

}  // namespace keywatch::delta
