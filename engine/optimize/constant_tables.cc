// Joins and memberships with a table that is known beforehand become lookups of its rows, record by
// record: nothing has to be remembered for them, and none of them waits.
#include <algorithm>
#include <iterator>

#include "engine/eval/evaluator.h"
#include "engine/optimize/optimize.h"
#include "engine/plan/lookup_table.h"

namespace keywatch::optimize {

using plan::ExprKind;
using plan::ExprPtr;
using plan::JoinKind;
using plan::LookupTable;
using plan::Node;
using plan::NodePtr;
using record::Row;
using record::Type;
using record::Value;

namespace {

// `time` of a row compared with now(), which depends on T alone: `where Expires > now() - 1h`.
struct TimeCondition {
  size_t column;       // of the rows: holds `time`
  std::string op;      // < <= > >=
  ExprPtr limit;       // mentions now() and no column
  bool later_is_more;  // > and >=
};

struct ConstantRows {
  std::vector<Row> rows;  // the node's columns, then those of the conditions
  size_t columns = 0;
  std::vector<TimeCondition> conditions;
};

bool Mentions(const ExprPtr& expr, ExprKind kind) {
  return plan::AnyOf(expr, [&](const plan::Expr& e) { return e.kind == kind; });
}

// Computed from the row alone.
bool IsPure(const ExprPtr& expr) {
  return !plan::AnyOf(expr, [](const plan::Expr& e) {
    return e.kind == ExprKind::kNow || e.kind == ExprKind::kIngestionTime || e.subquery != nullptr;
  });
}

std::string Mirrored(const std::string& op) {
  std::string mirrored = op;
  mirrored[0] = op[0] == '<' ? '>' : '<';
  return mirrored;
}

Value Computed(const ExprPtr& expr, const Row& row) {
  return eval::EvaluateRow(eval::Program(expr), row, {});
}

bool IsTrue(const Value& value) { return !value.is_null() && value.boolean(); }

std::optional<ConstantRows> RowsOf(const NodePtr& node);

bool AddTimeCondition(const ExprPtr& conjunct, ConstantRows* rows) {
  bool order = plan::IsCallOf(conjunct, "<") || plan::IsCallOf(conjunct, "<=") ||
               plan::IsCallOf(conjunct, ">") || plan::IsCallOf(conjunct, ">=");
  if (!order)
    return false;
  bool swapped = Mentions(conjunct->args[0], ExprKind::kNow);
  const ExprPtr& time = conjunct->args[swapped ? 1 : 0];
  const ExprPtr& limit = conjunct->args[swapped ? 0 : 1];
  bool limit_of_row = Mentions(limit, ExprKind::kColumn) || Mentions(limit, ExprKind::kLookup);
  if (!IsPure(time) || limit_of_row || time->type != Type::kDatetime)
    return false;
  TimeCondition condition;
  condition.column = rows->rows.empty() ? 0 : rows->rows[0].size();
  condition.op = swapped ? Mirrored(conjunct->function) : conjunct->function;
  condition.limit = limit;
  condition.later_is_more = condition.op[0] == '>';
  for (Row& row : rows->rows)
    row.push_back(Computed(time, row));
  rows->conditions.push_back(std::move(condition));
  return true;
}

std::optional<ConstantRows> Filtered(const plan::Filter& filter) {
  std::optional<ConstantRows> rows = RowsOf(filter.input);
  if (!rows)
    return std::nullopt;
  for (const ExprPtr& conjunct : plan::Conjuncts(filter.predicate)) {
    if (!IsPure(conjunct)) {
      if (!AddTimeCondition(conjunct, &*rows))
        return std::nullopt;
      continue;
    }
    std::erase_if(rows->rows, [&](const Row& row) { return !IsTrue(Computed(conjunct, row)); });
  }
  return rows;
}

// The rows with other columns in front; what the conditions read stays behind them.
std::optional<ConstantRows> Projected(const NodePtr& input, const std::vector<ExprPtr>& columns) {
  std::optional<ConstantRows> rows = RowsOf(input);
  if (!rows || !std::all_of(columns.begin(), columns.end(), IsPure))
    return std::nullopt;
  for (Row& row : rows->rows) {
    Row projected;
    for (const ExprPtr& column : columns)
      projected.push_back(Computed(column, row));
    std::move(row.begin() + static_cast<std::ptrdiff_t>(rows->columns),
              row.end(),
              std::back_inserter(projected));
    row = std::move(projected);
  }
  for (TimeCondition& condition : rows->conditions)
    condition.column = condition.column - rows->columns + columns.size();
  rows->columns = columns.size();
  return rows;
}

// The rows of a part of a plan that reads no table; null if it reads one, or does more than to
// choose and to compute.
std::optional<ConstantRows> RowsOf(const NodePtr& node) {
  if (const auto* values = std::get_if<plan::Values>(&node->op))
    return ConstantRows{values->rows, node->schema.columns.size(), {}};
  if (const auto* filter = std::get_if<plan::Filter>(&node->op))
    return Filtered(*filter);
  if (const auto* project = std::get_if<plan::Project>(&node->op))
    return Projected(project->input, project->columns);
  const auto* distinct = std::get_if<plan::Summarize>(&node->op);
  if (distinct == nullptr || !distinct->aggregates.empty() || !distinct->by)
    return std::nullopt;
  std::optional<ConstantRows> rows = Projected(distinct->input, distinct->keys);
  if (!rows)
    return std::nullopt;
  std::unordered_map<Row, bool, record::RowHash, record::RowEqual> seen;
  std::erase_if(rows->rows, [&](const Row& row) { return !seen.emplace(row, true).second; });
  return rows;
}

// Of two rows with one key, what the condition on them is true for longer.
void KeepLonger(const ConstantRows& rows, const Row& row, Row* kept) {
  const TimeCondition& condition = rows.conditions[0];
  const Value& time = row[condition.column];
  Value& best = (*kept)[condition.column];
  if (time.is_null())
    return;
  bool later = best.is_null() || record::Compare(time, best) > 0;
  if (best.is_null() || later == condition.later_is_more)
    best = time;
}

// Null when a key stands for several rows and it matters which.
std::shared_ptr<const LookupTable> TableOf(const ConstantRows& rows,
                                           const std::vector<size_t>& keys,
                                           bool presence_only) {
  auto table = std::make_shared<LookupTable>();
  for (const Row& row : rows.rows) {
    Row key;
    for (size_t column : keys)
      key.push_back(row[column]);
    if (std::any_of(key.begin(), key.end(), [](const Value& v) { return v.is_null(); }))
      continue;
    auto [entry, is_new] = table->rows.try_emplace(std::move(key), row);
    if (is_new)
      continue;
    if (!presence_only || rows.conditions.size() > 1)
      return nullptr;
    if (!rows.conditions.empty())
      KeepLonger(rows, row, &entry->second);
  }
  // A value that is never null tells whether there is a row.
  for (auto& [key, row] : table->rows)
    row.push_back(Value::Bool(true));
  return table;
}

ExprPtr Not(const ExprPtr& expr) { return plan::CallOf("not", Type::kBool, {expr}, expr->span); }

// `key` is that of a row (or, with `anti`, of none) for which the conditions hold; null if it
// cannot be said in comparisons of one time with now().
ExprPtr IsPresent(const ConstantRows& rows,
                  const std::vector<size_t>& table_keys,
                  const std::vector<ExprPtr>& key,
                  bool anti,
                  SourceSpan span) {
  std::shared_ptr<const LookupTable> table = TableOf(rows, table_keys, true);
  if (table == nullptr || (anti && rows.conditions.size() > 1))
    return nullptr;
  size_t present = rows.columns + rows.conditions.size();
  if (rows.conditions.empty()) {
    ExprPtr found = plan::LookupOf(table, present, Type::kBool, key, span);
    ExprPtr is_found = plan::CallOf("isnotnull", Type::kBool, {found}, span);
    return anti ? Not(is_found) : is_found;
  }
  std::vector<ExprPtr> all;
  for (const TimeCondition& condition : rows.conditions) {
    ExprPtr time = plan::LookupOf(table, condition.column, Type::kDatetime, key, span);
    if (!anti) {
      all.push_back(plan::CallOf(condition.op, Type::kBool, {time, condition.limit}, span));
      continue;
    }
    // Where there is no row, a time for which the condition never holds.
    Value never = Value::Datetime(condition.later_is_more ? 0 : record::kMaxDatetime);
    time = plan::CallOf("coalesce", Type::kDatetime, {time, plan::Constant(never)}, span);
    const std::string& op = condition.op;
    std::string negated = op == "<" ? ">=" : op == "<=" ? ">" : op == ">" ? "<=" : "<";
    all.push_back(plan::CallOf(negated, Type::kBool, {time, condition.limit}, span));
  }
  return plan::And(all);
}

// `x in (subquery)` with a known subquery, alone or negated; null if it is another expression.
ExprPtr KnownMembership(const ExprPtr& conjunct) {
  bool anti = plan::IsCallOf(conjunct, "not");
  const ExprPtr& in = anti ? conjunct->args[0] : conjunct;
  if (in->kind != ExprKind::kInSubquery)
    return nullptr;
  std::optional<ConstantRows> rows = RowsOf(in->subquery);
  if (!rows || in->args[0]->type != in->subquery->schema.columns[0].type)
    return nullptr;
  ExprPtr key = in->args[0];
  if (in->fold_case) {
    ExprPtr column = plan::ColumnRef(0, key->type);
    for (Row& row : rows->rows)
      row[0] = Computed(plan::CallOf("tolower", Type::kString, {column}), row);
    key = plan::CallOf("tolower", Type::kString, {key}, key->span);
  }
  return IsPresent(*rows, {0}, {key}, anti, conjunct->span);
}

NodePtr FilterOf(const NodePtr& input, const ExprPtr& predicate, SourceSpan span) {
  return plan::MakeNode(input->schema, plan::Filter{input, predicate}, span);
}

std::vector<ExprPtr> KeysOf(const NodePtr& node, const std::vector<size_t>& keys) {
  std::vector<ExprPtr> out;
  for (size_t key : keys)
    out.push_back(plan::ColumnRef(key, node->schema.columns[key].type));
  return out;
}

bool SameTypes(const plan::Join& op) {
  for (size_t i = 0; i < op.left_keys.size(); ++i) {
    if (op.left->schema.columns[op.left_keys[i]].type !=
        op.right->schema.columns[op.right_keys[i]].type)
      return false;
  }
  return true;
}

// The rows of `op.left`, each with the columns of its row of a known right side.
NodePtr WithColumns(const plan::Join& op, const Node& node) {
  std::optional<ConstantRows> rows = RowsOf(op.right);
  if (!rows || !rows->conditions.empty())
    return nullptr;
  std::shared_ptr<const LookupTable> table = TableOf(*rows, op.right_keys, false);
  if (table == nullptr)
    return nullptr;
  NodePtr left = op.left;
  if (op.kind == JoinKind::kInner) {
    std::vector<ExprPtr> key = KeysOf(left, op.left_keys);
    left = FilterOf(left, IsPresent(*rows, op.right_keys, key, false, node.span), node.span);
  }
  std::vector<ExprPtr> columns;
  for (size_t i = 0; i < left->schema.columns.size(); ++i)
    columns.push_back(plan::ColumnRef(i, left->schema.columns[i].type));
  for (size_t i = 0; i < rows->columns; ++i) {
    Type type = op.right->schema.columns[i].type;
    columns.push_back(plan::LookupOf(table, i, type, KeysOf(left, op.left_keys), node.span));
  }
  return plan::MakeNode(node.schema, plan::Project{left, std::move(columns)}, node.span);
}

// Null: left as it is.
NodePtr KnownJoin(const plan::Join& op, const Node& node) {
  if (!SameTypes(op))
    return nullptr;
  if (op.kind == JoinKind::kInner || op.kind == JoinKind::kLeftOuter)
    return WithColumns(op, node);
  bool left_kept = op.kind == JoinKind::kLeftAnti || op.kind == JoinKind::kLeftSemi;
  bool right_kept = op.kind == JoinKind::kRightAnti || op.kind == JoinKind::kRightSemi;
  if (!left_kept && !right_kept)
    return nullptr;
  const NodePtr& kept = left_kept ? op.left : op.right;
  std::optional<ConstantRows> rows = RowsOf(left_kept ? op.right : op.left);
  if (!rows)
    return nullptr;
  bool anti = op.kind == JoinKind::kLeftAnti || op.kind == JoinKind::kRightAnti;
  ExprPtr condition = IsPresent(*rows,
                                left_kept ? op.right_keys : op.left_keys,
                                KeysOf(kept, left_kept ? op.left_keys : op.right_keys),
                                anti,
                                node.span);
  return condition == nullptr ? nullptr : FilterOf(kept, condition, node.span);
}

struct Inliner {
  const Node& node;

  NodePtr Make(auto op) const { return plan::MakeNode(node.schema, std::move(op), node.span); }

  NodePtr operator()(const plan::Scan& op) const { return Make(op); }
  NodePtr operator()(const plan::Values& op) const { return Make(op); }
  NodePtr operator()(const plan::Range& op) const { return Make(op); }
  NodePtr operator()(const plan::Filter& op) const {
    std::vector<ExprPtr> conjuncts = plan::Conjuncts(op.predicate);
    for (ExprPtr& conjunct : conjuncts) {
      if (ExprPtr known = KnownMembership(conjunct))
        conjunct = known;
    }
    return Make(plan::Filter{InlineConstantTables(op.input), plan::And(conjuncts)});
  }
  NodePtr operator()(const plan::Join& op) const {
    plan::Join copy = op;
    copy.left = InlineConstantTables(op.left);
    copy.right = InlineConstantTables(op.right);
    NodePtr known = KnownJoin(copy, node);
    return known != nullptr ? known : Make(copy);
  }
  NodePtr operator()(plan::Union op) const {
    for (NodePtr& input : op.inputs)
      input = InlineConstantTables(input);
    return Make(op);
  }
  NodePtr operator()(auto op) const {  // one input
    op.input = InlineConstantTables(op.input);
    return Make(op);
  }
};

}  // namespace

NodePtr InlineConstantTables(const NodePtr& plan) { return std::visit(Inliner{*plan}, plan->op); }

}  // namespace keywatch::optimize
