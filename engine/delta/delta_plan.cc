#include "engine/delta/delta_plan.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/batch/aggregate.h"
#include "engine/delta/branch_analysis.h"
#include "engine/eval/evaluator.h"
#include "engine/plan/plan_printer.h"

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
  for (const ExprPtr& expr : exprs)
    out.push_back(plan::Substitute(expr, replacement));
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

// A pipeline of filters and projections over one scan, or over rows that are written in the query,
// as expressions over its columns.
struct Chain {
  NodePtr scan;
  std::vector<ExprPtr> conjuncts;
  std::vector<ExprPtr> output;
};

enum class Source { kTable, kTableOrRows };

std::optional<Chain> FlattenChain(const NodePtr& node, Source source = Source::kTable) {
  bool rows = std::holds_alternative<plan::Values>(node->op);
  if (std::holds_alternative<plan::Scan>(node->op) || (rows && source == Source::kTableOrRows)) {
    return Chain{node, {}, AllColumns(node->schema)};
  }
  if (const auto* filter = std::get_if<plan::Filter>(&node->op)) {
    std::optional<Chain> chain = FlattenChain(filter->input, source);
    if (!chain)
      return std::nullopt;
    for (const ExprPtr& conjunct : plan::Conjuncts(filter->predicate)) {
      if (IsMembership(conjunct))
        return std::nullopt;
      chain->conjuncts.push_back(plan::Substitute(conjunct, chain->output));
    }
    return chain;
  }
  if (const auto* project = std::get_if<plan::Project>(&node->op)) {
    std::optional<Chain> chain = FlattenChain(project->input, source);
    if (chain)
      chain->output = SubstituteAll(project->columns, chain->output);
    return chain;
  }
  if (const auto* sort = std::get_if<plan::Sort>(&node->op))
    return FlattenChain(sort->input, source);
  return std::nullopt;
}

// With rows that are known, such a join is looked up record by record (optimize/constant_tables.cc)
// before it comes here.
std::string WhyNotKnown(const plan::Join& op) {
  std::optional<Chain> known = FlattenChain(op.right, Source::kTableOrRows);
  if (!known || !std::holds_alternative<plan::Values>(known->scan->op))
    return "";
  std::vector<std::string> key;
  for (size_t column : op.right_keys)
    key.push_back(op.right->schema.columns[column].name);
  return fmt::format(
      " with known rows (a datatable, a watchlist) of which two have the same {}, or that count "
      "until a time; take one of the two out",
      fmt::join(key, ", "));
}

class Builder {
 public:
  explicit Builder(Diagnostics* diagnostics) : diagnostics_(diagnostics) {}

  // Splits unions at the top into branches; false after an error.
  bool AddBranches(const NodePtr& node,
                   std::vector<ExprPtr> columns,
                   std::vector<ExprPtr> conjuncts,
                   DeltaPlan* out);

 private:
  // The number of the operator for `node`; null after an error.
  std::optional<size_t> Compile(const NodePtr& node);
  // The side of a semi or anti join whose rows are kept: these may be known beforehand.
  std::optional<size_t> CompileKept(const NodePtr& node);
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
    if (MentionsNow(expr))
      return Refuse(span, "now() or ago() outside a comparison with a time");
    if (HasSubquery(expr)) {
      return Refuse(span, "a subquery outside `x in (..)` at the top of a where");
    }
  }
  return true;
}

std::optional<size_t> Builder::CompileLeaf(const Chain& chain) {
  LeafPlan leaf;
  if (const auto* values = std::get_if<plan::Values>(&chain.scan->op)) {
    leaf.constant = std::make_shared<const std::vector<record::Row>>(values->rows);
  } else {
    leaf.table = std::get<plan::Scan>(chain.scan->op).table;
  }
  leaf.columns = chain.scan->schema;
  std::vector<ExprPtr> rest;
  for (const ExprPtr& conjunct : chain.conjuncts) {
    TemporalBound bound;
    switch (ClassifyConjunct(conjunct, &bound)) {
      case TimeUse::kNone:
        rest.push_back(conjunct);
        break;
      case TimeUse::kBound:
        leaf.bounds.push_back(std::move(bound));
        break;
      case TimeUse::kUnsupported:
        Refuse(conjunct->span,
               "this use of now() or ago(); a comparison of a time with "
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
    if (bound.lower && event_time)
      leaf.lag = std::max(leaf.lag, bound.offset);
  }
  leaf.predicate = plan::And(rest);
  leaf.output = chain.output;
  OpPlan op;
  op.leaf = branch_.leaves.size();
  for (const ExprPtr& column : chain.output)
    op.output.columns.push_back({"", column->type});
  branch_.leaves.push_back(std::move(leaf));
  return Add(std::move(op));
}

std::optional<size_t> Builder::CompileMembership(const ExprPtr& conjunct, size_t left) {
  bool anti = plan::IsCallOf(conjunct, "not");
  const ExprPtr& in = anti ? conjunct->args[0] : conjunct;
  if (!NowFree(in->args, conjunct->span))
    return std::nullopt;
  std::optional<size_t> right = Compile(in->subquery);
  if (!right)
    return std::nullopt;
  ExprPtr left_key = in->args[0];
  ExprPtr right_key = plan::ColumnRef(0, in->subquery->schema.columns[0].type);
  if (left_key->type != right_key->type) {
    Refuse(conjunct->span,
           fmt::format("`in` between {} and {}",
                       record::TypeName(left_key->type),
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
    if (!NowFree(plain, node.span))
      return std::nullopt;
    input = Compile(below);
    if (!input || plain.empty())
      return input;
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
  input = CompileKept(below);
  for (const ExprPtr& membership : memberships) {
    if (!input)
      return std::nullopt;
    input = CompileMembership(membership, *input);
  }
  return input;
}

std::optional<size_t> Builder::CompileGroup(const plan::Summarize& op, const Node& node) {
  if (!NowFree(op.keys, node.span))
    return std::nullopt;
  for (const plan::Aggregate& aggregate : op.aggregates) {
    if (!NowFree(aggregate.args, node.span))
      return std::nullopt;
  }
  std::optional<size_t> input = Compile(op.input);
  if (!input)
    return std::nullopt;
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
    Refuse(node.span, fmt::format("join kind={}{}", plan::JoinKindName(op.kind), WhyNotKnown(op)));
    return std::nullopt;
  }
  const NodePtr& kept = left_kept ? op.left : op.right;
  const NodePtr& other = left_kept ? op.right : op.left;
  const std::vector<size_t>& kept_keys = left_kept ? op.left_keys : op.right_keys;
  const std::vector<size_t>& other_keys = left_kept ? op.right_keys : op.left_keys;
  std::optional<size_t> kept_op = CompileKept(kept);
  std::optional<size_t> other_op = Compile(other);
  if (!kept_op || !other_op)
    return std::nullopt;
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

std::optional<size_t> Builder::CompileKept(const NodePtr& node) {
  if (std::optional<Chain> chain = FlattenChain(node, Source::kTableOrRows))
    return CompileLeaf(*chain);
  return Compile(node);
}

std::optional<size_t> Builder::Compile(const NodePtr& node) {
  if (std::optional<Chain> chain = FlattenChain(node))
    return CompileLeaf(*chain);
  if (const auto* filter = std::get_if<plan::Filter>(&node->op)) {
    return CompileFilter(*filter, *node);
  }
  if (const auto* project = std::get_if<plan::Project>(&node->op)) {
    if (!NowFree(project->columns, node->span))
      return std::nullopt;
    std::optional<size_t> input = Compile(project->input);
    if (!input)
      return std::nullopt;
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
  if (const auto* join = std::get_if<plan::Join>(&node->op))
    return CompileJoin(*join, *node);
  if (const auto* sort = std::get_if<plan::Sort>(&node->op))
    return Compile(sort->input);
  if (const auto* all = std::get_if<plan::Union>(&node->op)) {
    OpPlan op;
    op.kind = Kind::kUnion;
    op.output = node->schema;
    for (const NodePtr& input : all->inputs) {
      std::optional<size_t> compiled = Compile(input);
      if (!compiled)
        return std::nullopt;
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

// `summarize` without `by` has a row even when there is no input. Such a group is kept only from
// its first row on, so a condition above it must leave the empty group out.
bool Builder::EmptyGroupsAreSilent(SourceSpan span) {
  for (const OpPlan& op : branch_.ops) {
    if (op.kind != Kind::kGroup || !op.always)
      continue;
    if (op.parent != SIZE_MAX || plan::IsLiteral(branch_.predicate)) {
      return Refuse(span,
                    "summarize without `by` has a result even when nothing happened; put a "
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

bool Builder::AddBranches(const NodePtr& node,
                          std::vector<ExprPtr> columns,
                          std::vector<ExprPtr> conjuncts,
                          DeltaPlan* out) {
  if (const auto* sort = std::get_if<plan::Sort>(&node->op)) {
    return AddBranches(sort->input, std::move(columns), std::move(conjuncts), out);
  }
  if (const auto* project = std::get_if<plan::Project>(&node->op)) {
    return AddBranches(project->input,
                       SubstituteAll(columns, project->columns),
                       SubstituteAll(conjuncts, project->columns),
                       out);
  }
  if (const auto* all = std::get_if<plan::Union>(&node->op)) {
    for (const NodePtr& input : all->inputs) {
      if (!AddBranches(input, columns, conjuncts, out))
        return false;
    }
    return true;
  }
  NodePtr core = node;
  if (const auto* filter = std::get_if<plan::Filter>(&node->op)) {
    std::vector<ExprPtr> own = plan::Conjuncts(filter->predicate);
    bool over_group = std::holds_alternative<plan::Summarize>(filter->input->op) &&
                      std::none_of(own.begin(), own.end(), IsMembership);
    if (over_group) {
      if (!NowFree(own, node->span))
        return false;
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
    if (!CompileLeaf(*chain))
      return false;
    branch_.columns = AllColumns(branch_.ops.back().output);
  } else {
    if (!NowFree(columns, core->span) || !Compile(core))
      return false;
    branch_.columns = std::move(columns);
  }
  branch_.predicate = plan::And(conjuncts);
  if (!EmptyGroupsAreSilent(core->span))
    return false;
  AnalyzeBranch(&branch_);
  bool visible_at_once = std::none_of(branch_.leaves[0].bounds.begin(),
                                      branch_.leaves[0].bounds.end(),
                                      [](const TemporalBound& b) { return b.lower; });
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

std::string StateShape(const DeltaPlan& plan) {
  constexpr int kFormat = 2;  // of what DeltaQuery::Save writes
  std::string shape = fmt::format("format {}\n", kFormat);
  auto add = [&](std::string_view what, const std::vector<ExprPtr>& exprs, const LeafPlan& leaf) {
    shape += what;
    for (const ExprPtr& expr : exprs)
      shape += " " + plan::Print(expr, &leaf.columns);
    shape += '\n';
  };
  for (const BranchPlan& branch : plan.branches) {
    shape += branch.stateless ? "stateless\n" : "branch\n";
    for (const LeafPlan& leaf : branch.leaves) {
      shape += leaf.is_constant() ? "constant" : leaf.table;
      shape += leaf.presence ? " presence\n" : " rows\n";
      add("keys", leaf.partition, leaf);
      add("values", leaf.output, leaf);
    }
  }
  return shape;
}

}  // namespace keywatch::delta
