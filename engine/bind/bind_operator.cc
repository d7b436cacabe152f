// Operators with one input. Each function takes the input's plan and returns the output's.
#include <algorithm>

#include <fmt/format.h>

#include "engine/bind/binder_impl.h"

namespace keywatch::bind {

using plan::ExprPtr;
using plan::NodePtr;
using record::Type;

std::vector<ExprPtr> AllColumns(const record::Schema& schema) {
  std::vector<ExprPtr> columns;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    columns.push_back(plan::ColumnRef(i, schema.columns[i].type));
  }
  return columns;
}

void AddUnique(record::Column column, record::Schema* schema) {
  std::string base = column.name;
  for (int n = 1; schema->Find(column.name); ++n)
    column.name = fmt::format("{}{}", base, n);
  schema->columns.push_back(std::move(column));
}

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  size_t star = pattern.find('*');
  if (star == std::string_view::npos)
    return pattern == name;
  if (name.substr(0, star) != pattern.substr(0, star))
    return false;
  std::string_view rest = pattern.substr(star + 1);
  for (size_t at = star; at <= name.size(); ++at) {
    if (MatchesPattern(rest, name.substr(at)))
      return true;
  }
  return false;
}

NodePtr Binder::BindOperator(const kql::Operator& op, const NodePtr& input) {
  SourceSpan span = op.span;
  struct Visitor {
    Binder& b;
    const kql::Operator& op;
    SourceSpan span;
    const NodePtr& input;

    NodePtr operator()(const kql::WhereOp& node) const { return b.BindWhere(node, span, input); }
    NodePtr operator()(const kql::ExtendOp& node) const { return b.BindExtend(node, span, input); }
    NodePtr operator()(const kql::ProjectOp& node) const {
      return b.BindProject(node.columns, span, input);
    }
    NodePtr operator()(const kql::ProjectAwayOp& node) const {
      return b.BindProjectAway(node, span, input);
    }
    NodePtr operator()(const kql::ProjectRenameOp& node) const {
      return b.BindProjectRename(node, span, input);
    }
    NodePtr operator()(const kql::ProjectReorderOp& node) const {
      return b.BindProjectReorder(node, span, input);
    }
    NodePtr operator()(const kql::SummarizeOp& node) const {
      return b.BindSummarize(node, span, input);
    }
    NodePtr operator()(const kql::DistinctOp& node) const {
      return b.BindDistinct(node, span, input);
    }
    NodePtr operator()(const kql::CountOp&) const { return b.BindCount(span, input); }
    NodePtr operator()(const kql::SortOp& node) const { return b.BindSort(node, span, input); }
    NodePtr operator()(const kql::TopOp& node) const { return b.BindTop(node, span, input); }
    NodePtr operator()(const kql::TakeOp& node) const { return b.BindTake(node, span, input); }
    NodePtr operator()(const kql::JoinOp& node) const { return b.BindJoin(node, span, input); }
    NodePtr operator()(const kql::UnionOp& node) const { return b.BindUnion(node, span, input); }
    NodePtr operator()(const kql::AsOp&) const { return input; }      // handled by BindPipeline
    NodePtr operator()(const kql::RenderOp&) const { return input; }  // changes no rows
    NodePtr operator()(const kql::UnsupportedOp&) const {
      return b.TableError(op.name_span, fmt::format("operator {} is not supported yet", op.name));
    }
  };
  return std::visit(Visitor{*this, op, span, input}, op.node);
}

NodePtr Binder::BindWhere(const kql::WhereOp& op, SourceSpan span, const NodePtr& input) {
  ExprPtr predicate = BindBool(*op.predicate, {&input->schema});
  if (predicate == nullptr)
    return nullptr;
  return plan::MakeNode(input->schema, plan::Filter{input, std::move(predicate)}, span);
}

bool OutputColumns::Declare(const std::string& name, ExprPtr value) {
  if (std::find(declared.begin(), declared.end(), name) != declared.end())
    return false;
  declared.push_back(name);
  AddDerived(name, std::move(value));
  return true;
}

void OutputColumns::AddDerived(const std::string& name, ExprPtr value) {
  AddUnique({name, value->type}, &schema);
  columns.push_back(std::move(value));
}

// Adds a column of project, print, distinct or summarize .. by; false when its name is declared
// twice.
bool Binder::AddColumn(const kql::NamedExpr& named,
                       std::string derived,
                       ExprPtr value,
                       OutputColumns* out) {
  const auto* bare = std::get_if<kql::Name>(&named.value->node);
  if (!named.names.empty() || (bare != nullptr && bare->text == derived)) {
    const std::string& name = named.names.empty() ? derived : named.names[0];
    if (out->Declare(name, std::move(value)))
      return true;
    Error(named.value->span, fmt::format("this column is already declared: {}", name));
    return false;
  }
  if (derived.empty())
    derived = fmt::format("Column{}", ++out->unnamed);
  out->AddDerived(derived, std::move(value));
  return true;
}

// A column that exists is replaced where it stands; a bare column stays as it is.
NodePtr Binder::BindExtend(const kql::ExtendOp& op, SourceSpan span, const NodePtr& input) {
  record::Schema schema = input->schema;
  std::vector<ExprPtr> columns = AllColumns(schema);
  bool ok = true;
  int unnamed = 0;
  std::vector<std::string> declared;
  for (const kql::NamedExpr& named : op.columns) {
    if (named.names.size() > 1) {
      Error(named.name_span, "only summarize has expressions with several values");
      ok = false;
      continue;
    }
    ExprPtr value = BindExpr(*named.value, {&input->schema});
    if (value == nullptr) {
      ok = false;
      continue;
    }
    bool bare = std::holds_alternative<kql::Name>(named.value->node) && named.names.empty();
    std::string name =
        named.names.empty() ? DerivedName(*named.value, input->schema) : named.names[0];
    if (name.empty())
      name = fmt::format("Column{}", ++unnamed);
    if (bare || !named.names.empty()) {
      if (std::find(declared.begin(), declared.end(), name) != declared.end()) {
        Error(named.value->span, fmt::format("this column is already declared: {}", name));
        ok = false;
        continue;
      }
      declared.push_back(name);
    }
    std::optional<size_t> at = schema.Find(name);
    if (at && bare)
      continue;
    if (at) {
      schema.columns[*at].type = value->type;
      columns[*at] = std::move(value);
    } else {
      schema.columns.push_back({name, value->type});
      columns.push_back(std::move(value));
    }
  }
  if (!ok)
    return nullptr;
  return plan::MakeNode(std::move(schema), plan::Project{input, std::move(columns)}, span);
}

NodePtr Binder::BindProject(const std::vector<kql::NamedExpr>& named_columns,
                            SourceSpan span,
                            const NodePtr& input) {
  OutputColumns out;
  bool ok = true;
  for (const kql::NamedExpr& named : named_columns) {
    if (named.names.size() > 1) {
      Error(named.name_span, "only summarize has expressions with several values");
      ok = false;
      continue;
    }
    ExprPtr value = BindExpr(*named.value, {&input->schema});
    ok = value != nullptr &&
         AddColumn(named, DerivedName(*named.value, input->schema), std::move(value), &out) && ok;
  }
  if (!ok)
    return nullptr;
  return plan::MakeNode(std::move(out.schema), plan::Project{input, std::move(out.columns)}, span);
}

namespace {

// A projection of the input columns given by number, under new names where given.
NodePtr Select(const NodePtr& input, const std::vector<size_t>& selected, SourceSpan span) {
  record::Schema schema;
  std::vector<ExprPtr> columns;
  for (size_t column : selected) {
    schema.columns.push_back(input->schema.columns[column]);
    columns.push_back(plan::ColumnRef(column, input->schema.columns[column].type));
  }
  return plan::MakeNode(std::move(schema), plan::Project{input, std::move(columns)}, span);
}

std::string NoColumn(const record::Schema& schema, const std::string& name, std::string* hint) {
  std::vector<std::string> names;
  for (const record::Column& column : schema.columns)
    names.push_back(column.name);
  std::string near = Nearest(name, names);
  *hint = near.empty() ? "" : fmt::format("did you mean {}?", near);
  return fmt::format("there is no column: {}", name);
}

}  // namespace

NodePtr Binder::BindProjectAway(const kql::ProjectAwayOp& op,
                                SourceSpan span,
                                const NodePtr& input) {
  const record::Schema& schema = input->schema;
  std::vector<bool> named(schema.columns.size());
  bool ok = true;
  for (const kql::ColumnPattern& pattern : op.columns) {
    bool any = false;
    for (size_t i = 0; i < schema.columns.size(); ++i) {
      if (!MatchesPattern(pattern.pattern, schema.columns[i].name))
        continue;
      named[i] = true;
      any = true;
    }
    if (!any) {
      std::string hint;
      std::string message = NoColumn(schema, pattern.pattern, &hint);
      Error(pattern.span, std::move(message), std::move(hint));
      ok = false;
    }
  }
  if (!ok)
    return nullptr;
  std::vector<size_t> selected;
  for (size_t i = 0; i < named.size(); ++i) {
    if (named[i] == op.keep)
      selected.push_back(i);
  }
  return Select(input, selected, span);
}

NodePtr Binder::BindProjectRename(const kql::ProjectRenameOp& op,
                                  SourceSpan span,
                                  const NodePtr& input) {
  record::Schema schema = input->schema;
  bool ok = true;
  for (const kql::Rename& rename : op.columns) {
    std::optional<size_t> from = input->schema.Find(rename.from);
    if (!from) {
      std::string hint;
      std::string message = NoColumn(input->schema, rename.from, &hint);
      Error(rename.span, std::move(message), std::move(hint));
      ok = false;
      continue;
    }
    if (schema.Find(rename.to) || input->schema.Find(rename.to)) {
      Error(rename.span, fmt::format("this column is already declared: {}", rename.to));
      ok = false;
      continue;
    }
    // Of several new names the first counts.
    if (schema.columns[*from].name == rename.from)
      schema.columns[*from].name = rename.to;
  }
  if (!ok)
    return nullptr;
  return plan::MakeNode(std::move(schema), plan::Project{input, AllColumns(input->schema)}, span);
}

NodePtr Binder::BindProjectReorder(const kql::ProjectReorderOp& op,
                                   SourceSpan span,
                                   const NodePtr& input) {
  const record::Schema& schema = input->schema;
  std::vector<bool> placed(schema.columns.size());
  std::vector<size_t> selected;
  bool ok = true;
  std::vector<std::string> named;
  for (const kql::ColumnPattern& pattern : op.columns) {
    bool wildcard = pattern.pattern.find('*') != std::string::npos;
    if (!wildcard && std::find(named.begin(), named.end(), pattern.pattern) != named.end()) {
      Error(pattern.span, fmt::format("this column is already declared: {}", pattern.pattern));
      ok = false;
      continue;
    }
    named.push_back(pattern.pattern);
    std::vector<size_t> group;
    for (size_t i = 0; i < schema.columns.size(); ++i) {
      if (!placed[i] && MatchesPattern(pattern.pattern, schema.columns[i].name))
        group.push_back(i);
    }
    bool matches =
        std::any_of(schema.columns.begin(), schema.columns.end(), [&](const auto& column) {
          return MatchesPattern(pattern.pattern, column.name);
        });
    if (!matches) {
      std::string hint;
      std::string message = NoColumn(schema, pattern.pattern, &hint);
      Error(pattern.span, std::move(message), std::move(hint));
      ok = false;
      continue;
    }
    if (pattern.order.starts_with("granny")) {
      Error(pattern.span, fmt::format("this order is not supported yet: {}", pattern.order));
      ok = false;
      continue;
    }
    if (!pattern.order.empty()) {
      bool ascending = pattern.order == "asc";
      std::stable_sort(group.begin(), group.end(), [&](size_t a, size_t b) {
        const std::string& left = schema.columns[a].name;
        const std::string& right = schema.columns[b].name;
        return ascending ? left < right : right < left;
      });
    }
    for (size_t column : group) {
      placed[column] = true;
      selected.push_back(column);
    }
  }
  if (!ok)
    return nullptr;
  for (size_t i = 0; i < placed.size(); ++i) {
    if (!placed[i])
      selected.push_back(i);
  }
  return Select(input, selected, span);
}

NodePtr Binder::BindDistinct(const kql::DistinctOp& op, SourceSpan span, const NodePtr& input) {
  NodePtr projected = op.all ? input : BindProject(op.columns, span, input);
  if (projected == nullptr)
    return nullptr;
  for (const record::Column& column : projected->schema.columns) {
    if (column.type == Type::kDynamic) {
      return TableError(span,
                        fmt::format("a dynamic column cannot be distinct: {}", column.name),
                        "use tostring(..)");
    }
  }
  plan::Summarize distinct{projected, AllColumns(projected->schema), {}, true};
  return plan::MakeNode(projected->schema, std::move(distinct), span);
}

NodePtr Binder::BindCount(SourceSpan span, const NodePtr& input) {
  plan::Summarize count{input, {}, {plan::Aggregate{"count", {}, Type::kLong, 0}}, false};
  return plan::MakeNode({{{"Count", Type::kLong}}}, std::move(count), span);
}

std::optional<plan::SortKey> Binder::BindSortKey(const kql::Ordered& ordered,
                                                 const NodePtr& input) {
  ExprPtr value = BindExpr(*ordered.value, {&input->schema});
  if (value == nullptr)
    return std::nullopt;
  bool ascending = ordered.ascending.value_or(false);
  return plan::SortKey{std::move(value), ascending, ordered.nulls_first.value_or(ascending)};
}

NodePtr Binder::BindSort(const kql::SortOp& op, SourceSpan span, const NodePtr& input) {
  plan::Sort sort{input, {}};
  bool ok = true;
  for (const kql::Ordered& ordered : op.by) {
    std::optional<plan::SortKey> key = BindSortKey(ordered, input);
    if (key && key->value->type == Type::kDynamic) {
      Error(ordered.value->span, "a dynamic value cannot be sorted by", "use tostring(..)");
      key.reset();
    }
    ok = ok && key.has_value();
    if (key)
      sort.keys.push_back(std::move(*key));
  }
  return ok ? plan::MakeNode(input->schema, std::move(sort), span) : nullptr;
}

std::optional<int64_t> Binder::BindRowCount(const kql::Expr& expr, const NodePtr& input) {
  ExprPtr count = BindExpr(expr, {&input->schema});
  if (count == nullptr)
    return std::nullopt;
  if (!plan::IsLiteral(count) && !plan::IsCallOf(count, "neg")) {
    Error(expr.span, "a number of rows that is not a constant is not supported yet");
    return std::nullopt;
  }
  if (!plan::IsLiteral(count) || (count->type != Type::kLong && count->type != Type::kInt) ||
      count->literal.is_null() || count->literal.integral() < 0) {
    Error(expr.span, "the number of rows must be a constant of 0 or more");
    return std::nullopt;
  }
  return count->literal.integral();
}

NodePtr Binder::BindTop(const kql::TopOp& op, SourceSpan span, const NodePtr& input) {
  std::optional<int64_t> rows = BindRowCount(*op.rows, input);
  std::optional<plan::SortKey> key = BindSortKey(op.by, input);
  if (!rows || !key)
    return nullptr;
  NodePtr sorted = plan::MakeNode(input->schema, plan::Sort{input, {std::move(*key)}}, span);
  return plan::MakeNode(input->schema, plan::Take{sorted, *rows}, span);
}

NodePtr Binder::BindTake(const kql::TakeOp& op, SourceSpan span, const NodePtr& input) {
  std::optional<int64_t> rows = BindRowCount(*op.rows, input);
  if (!rows)
    return nullptr;
  return plan::MakeNode(input->schema, plan::Take{input, *rows}, span);
}

}  // namespace keywatch::bind
