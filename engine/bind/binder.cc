#include "engine/bind/binder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/bind/binder_impl.h"
#include "engine/plan/function_catalog.h"

namespace keywatch::bind {

using plan::ExprPtr;
using plan::NodePtr;
using record::Type;

NodePtr Bind(const kql::Query& query,
             const record::SchemaCatalog& catalog,
             Diagnostics* diagnostics) {
  Diagnostics found;
  NodePtr plan = Binder(catalog, &found).BindQuery(query);
  diagnostics->Append(found);
  return found.has_errors() ? nullptr : plan;
}

ExprPtr Binder::Error(SourceSpan span, std::string message, std::string hint) {
  diagnostics_->Error(span, std::move(message), std::move(hint));
  return nullptr;
}

NodePtr Binder::TableError(SourceSpan span, std::string message, std::string hint) {
  diagnostics_->Error(span, std::move(message), std::move(hint));
  return nullptr;
}

NodePtr Binder::BindQuery(const kql::Query& query) {
  for (const kql::LetStatement& let : query.lets)
    BindLet(let);
  return query.body == nullptr ? nullptr : BindPipeline(*query.body);
}

void Binder::BindLet(const kql::LetStatement& let) {
  if (lets_.contains(let.name)) {
    diagnostics_->Error(let.name_span, fmt::format("this name is already defined: {}", let.name));
    return;
  }
  Let bound;
  if (const auto* subquery = std::get_if<kql::Subquery>(&let.value->node)) {
    bound.table = BindPipeline(*subquery->pipeline);
  } else if (const auto* name = std::get_if<kql::Name>(&let.value->node)) {
    bool known = false;
    bound.table = FindTable(name->text, &known);
    if (!known)
      bound.scalar = BindExpr(*let.value, {});
  } else {
    bound.scalar = BindExpr(*let.value, {});
  }
  lets_[let.name] = std::move(bound);
}

NodePtr Binder::FindTable(const std::string& name, bool* known) const {
  *known = false;
  if (auto let = lets_.find(name); let != lets_.end()) {
    if (let->second.scalar != nullptr)
      return nullptr;
    *known = true;
    return let->second.table;
  }
  const record::Table* table = catalog_.Find(name);
  if (table == nullptr)
    return nullptr;
  *known = true;
  return plan::MakeNode(table->schema(), plan::Scan{name});
}

NodePtr Binder::BindTable(const std::string& name, SourceSpan span) {
  bool known = false;
  NodePtr table = FindTable(name, &known);
  if (known)
    return table;
  if (lets_.contains(name))
    return TableError(span, fmt::format("a table is expected, this is a scalar: {}", name));
  std::vector<std::string> names = catalog_.names();
  for (const auto& [let, bound] : lets_)
    names.push_back(let);
  std::string near = Nearest(name, names);
  return TableError(span,
                    fmt::format("there is no table: {}", name),
                    near.empty() ? "declare it in a table file (docs/formats/tables.md)"
                                 : fmt::format("did you mean {}?", near));
}

NodePtr Binder::BindPipeline(const kql::Pipeline& pipeline) {
  NodePtr node = BindSource(pipeline.source);
  for (const kql::Operator& op : pipeline.operators) {
    if (node == nullptr)
      return nullptr;
    if (const auto* as = std::get_if<kql::AsOp>(&op.node)) {
      lets_[as->name] = Let{nullptr, node};
      continue;
    }
    NodePtr next = BindOperator(op, node);
    // What changes no column hides no later mistake (the plan is dropped, since there was an
    // error).
    bool keeps_columns = std::holds_alternative<kql::WhereOp>(op.node) ||
                         std::holds_alternative<kql::SortOp>(op.node) ||
                         std::holds_alternative<kql::TopOp>(op.node) ||
                         std::holds_alternative<kql::TakeOp>(op.node);
    if (next != nullptr || !keeps_columns)
      node = std::move(next);
  }
  return node;
}

NodePtr Binder::BindSource(const kql::Source& source) {
  SourceSpan span = source.span;
  if (const auto* table = std::get_if<kql::TableSource>(&source.node)) {
    return BindTable(table->name, span);
  }
  if (const auto* paren = std::get_if<kql::ParenSource>(&source.node)) {
    return BindPipeline(*paren->pipeline);
  }
  if (const auto* datatable = std::get_if<kql::DatatableSource>(&source.node)) {
    return BindDatatable(*datatable, span);
  }
  if (const auto* print = std::get_if<kql::PrintSource>(&source.node))
    return BindPrint(*print, span);
  if (const auto* range = std::get_if<kql::RangeSource>(&source.node))
    return BindRange(*range, span);
  if (const auto* all = std::get_if<kql::UnionSource>(&source.node)) {
    return BindUnion(all->op, span, nullptr);
  }
  const auto& call = std::get<kql::CallSource>(source.node).call;
  if (call.function == "_GetWatchlist")
    return BindWatchlist(call, span);
  return TableError(call.function_span,
                    fmt::format("tabular functions are not supported yet: {}", call.function),
                    "write its body in place of the call");
}

// `_GetWatchlist("alias")`: rows that are known, as if they were written in the query.
NodePtr Binder::BindWatchlist(const kql::Call& call, SourceSpan span) {
  ExprPtr alias = call.arguments.size() == 1 ? BindExpr(*call.arguments[0].value, {}) : nullptr;
  if (alias == nullptr && call.arguments.size() == 1)
    return nullptr;  // reported
  if (alias == nullptr || !plan::IsLiteral(alias) || alias->type != Type::kString) {
    return TableError(span, "_GetWatchlist takes one constant: the alias of a watchlist");
  }
  const record::Watchlist* watchlist = catalog_.FindWatchlist(alias->literal.string());
  if (watchlist == nullptr) {
    std::vector<std::string> known = catalog_.watchlist_names();
    return TableError(
        call.arguments[0].value->span,
        fmt::format("there is no watchlist: {}", alias->literal.string()),
        known.empty() ? "put <alias>.yaml and <alias>.csv into a folder `watchlists` beside the "
                        "rule's folder (docs/watchlists.md)"
                      : fmt::format("known: {}", fmt::join(known, ", ")));
  }
  return plan::MakeNode(watchlist->schema, plan::Values{watchlist->rows}, span);
}

namespace {

// A cell of a datatable: the literal converted to the column's type, as Kusto does.
record::Value ConvertCell(const record::Value& value, Type type) {
  using record::Value;
  if (value.is_null())
    return Value::Null(type);
  if (value.type() == type)
    return value;
  if (record::IsNumeric(type) && record::IsNumeric(value.type())) {
    if (type == Type::kReal)
      return Value::Real(value.number());
    return Value::Integral(type, static_cast<int64_t>(value.number()));
  }
  if (type == Type::kDynamic)
    return Value::Of(record::ToDynamic(value));
  std::string text = record::ToText(value);
  if (type == Type::kString)
    return Value::String(text);
  if (type == Type::kGuid)
    return Value::Guid(text);
  if (type == Type::kDatetime || type == Type::kTimespan) {
    auto ticks =
        type == Type::kDatetime ? record::ParseDatetime(text) : record::ParseTimespan(text);
    return ticks ? Value::Integral(type, *ticks) : Value::Null(type);
  }
  return Value::Null(type);
}

}  // namespace

NodePtr Binder::BindDatatable(const kql::DatatableSource& source, SourceSpan span) {
  record::Schema schema;
  bool ok = true;
  for (const kql::ColumnDecl& column : source.columns) {
    std::optional<Type> type = record::TypeFromName(column.type);
    if (!type) {
      diagnostics_->Error(column.span, fmt::format("there is no type: {}", column.type));
      ok = false;
      continue;
    }
    if (schema.Find(column.name)) {
      diagnostics_->Error(column.span,
                          fmt::format("this column is declared twice: {}", column.name));
      ok = false;
    }
    schema.columns.push_back({column.name, *type});
  }
  if (!ok)
    return nullptr;
  size_t width = schema.columns.size();
  if (width == 0 || source.cells.size() % width != 0) {
    return TableError(
        span,
        fmt::format(
            "the number of values must be a multiple of {}, it is {}", width, source.cells.size()));
  }
  plan::Values values;
  record::Row row;
  for (const kql::ExprPtr& cell : source.cells) {
    ExprPtr bound = BindExpr(*cell, {});
    if (bound == nullptr)
      return nullptr;
    if (!plan::IsLiteral(bound) && !plan::IsCallOf(bound, "neg")) {
      return TableError(cell->span, "a constant is expected in a datatable");
    }
    record::Value value = bound->literal;
    if (plan::IsCallOf(bound, "neg")) {
      const record::Value& positive = bound->args[0]->literal;
      value = positive.type() == Type::kReal
                  ? record::Value::Real(-positive.real())
                  : record::Value::Integral(positive.type(), -positive.integral());
    }
    row.push_back(ConvertCell(value, schema.columns[row.size()].type));
    if (row.size() == width)
      values.rows.push_back(std::exchange(row, {}));
  }
  return plan::MakeNode(std::move(schema), std::move(values), span);
}

NodePtr Binder::BindPrint(const kql::PrintSource& source, SourceSpan span) {
  OutputColumns out;
  bool ok = true;
  for (size_t i = 0; i < source.columns.size(); ++i) {
    const kql::NamedExpr& column = source.columns[i];
    ExprPtr value = BindExpr(*column.value, {});
    ok = value != nullptr && AddColumn(column, fmt::format("print_{}", i), value, &out) && ok;
  }
  if (!ok)
    return nullptr;
  NodePtr one = plan::MakeNode({}, plan::Values{{record::Row{}}}, span);
  return plan::MakeNode(std::move(out.schema), plan::Project{one, std::move(out.columns)}, span);
}

NodePtr Binder::BindRange(const kql::RangeSource& source, SourceSpan span) {
  ExprPtr from = BindExpr(*source.from, {});
  ExprPtr to = BindExpr(*source.to, {});
  ExprPtr step = BindExpr(*source.step, {});
  if (from == nullptr || to == nullptr || step == nullptr)
    return nullptr;
  std::optional<Type> type = plan::CommonType(from->type, to->type);
  if (type && record::IsNumeric(*type))
    type = plan::CommonType(*type, step->type);
  bool time = type == Type::kDatetime || type == Type::kTimespan;
  bool step_fits = time ? step->type == Type::kTimespan : record::IsNumeric(step->type);
  if (!type || !step_fits || (!time && !record::IsNumeric(*type))) {
    return TableError(span,
                      fmt::format("range needs numbers, or times with a timespan step; found "
                                  "{}, {} and step {}",
                                  record::TypeName(from->type),
                                  record::TypeName(to->type),
                                  record::TypeName(step->type)));
  }
  if (plan::IsLiteral(step) && !step->literal.is_null() &&
      (step->type == Type::kTimespan ? step->literal.integral() == 0
                                     : step->literal.number() == 0)) {
    return TableError(step->span, "the step of a range must not be 0");
  }
  record::Schema schema{{{source.column, *type}}};
  return plan::MakeNode(std::move(schema), plan::Range{from, to, step}, span);
}

}  // namespace keywatch::bind
