#include "engine/plan/expr.h"

#include "engine/base/check.h"

namespace keywatch::plan {

ExprPtr ColumnRef(size_t column, record::Type type, SourceSpan span) {
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kColumn;
  expr->type = type;
  expr->column = column;
  expr->span = span;
  return expr;
}

ExprPtr Constant(record::Value value, SourceSpan span) {
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kLiteral;
  expr->type = value.type();
  expr->literal = std::move(value);
  expr->span = span;
  return expr;
}

ExprPtr Now(SourceSpan span) {
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kNow;
  expr->type = record::Type::kDatetime;
  expr->span = span;
  return expr;
}

ExprPtr CallOf(std::string function,
               record::Type type,
               std::vector<ExprPtr> args,
               SourceSpan span) {
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kCall;
  expr->type = type;
  expr->function = std::move(function);
  expr->args = std::move(args);
  expr->span = span;
  return expr;
}

ExprPtr LookupOf(std::shared_ptr<const LookupTable> table,
                 size_t column,
                 record::Type type,
                 std::vector<ExprPtr> key,
                 SourceSpan span) {
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kLookup;
  expr->type = type;
  expr->column = column;
  expr->lookup = std::move(table);
  expr->args = std::move(key);
  expr->span = span;
  return expr;
}

ExprPtr WithArgs(const ExprPtr& expr, std::vector<ExprPtr> args) {
  auto copy = std::make_shared<Expr>(*expr);
  copy->args = std::move(args);
  return copy;
}

namespace {

void AppendConjuncts(const ExprPtr& predicate, std::vector<ExprPtr>* out) {
  if (!IsCallOf(predicate, "and")) {
    out->push_back(predicate);
    return;
  }
  for (const ExprPtr& arg : predicate->args)
    AppendConjuncts(arg, out);
}

}  // namespace

std::vector<ExprPtr> Conjuncts(const ExprPtr& predicate) {
  std::vector<ExprPtr> out;
  AppendConjuncts(predicate, &out);
  return out;
}

ExprPtr And(const std::vector<ExprPtr>& conjuncts) {
  if (conjuncts.empty())
    return Constant(record::Value::Bool(true));
  ExprPtr all = conjuncts[0];
  for (size_t i = 1; i < conjuncts.size(); ++i) {
    all = CallOf("and", record::Type::kBool, {all, conjuncts[i]}, conjuncts[i]->span);
  }
  return all;
}

void CollectColumns(const ExprPtr& expr, std::vector<bool>* used) {
  if (expr->kind == ExprKind::kColumn) {
    KEYWATCH_CHECK(expr->column < used->size(), "a column of the input schema");
    (*used)[expr->column] = true;
  }
  for (const ExprPtr& arg : expr->args)
    CollectColumns(arg, used);
}

ExprPtr Substitute(const ExprPtr& expr, const std::vector<ExprPtr>& replacement) {
  if (expr->kind == ExprKind::kColumn) {
    KEYWATCH_CHECK(replacement[expr->column] != nullptr, "every column read has a replacement");
    return replacement[expr->column];
  }
  if (expr->args.empty())
    return expr;
  std::vector<ExprPtr> args;
  args.reserve(expr->args.size());
  for (const ExprPtr& arg : expr->args)
    args.push_back(Substitute(arg, replacement));
  return WithArgs(expr, std::move(args));
}

bool SameExpr(const ExprPtr& a, const ExprPtr& b) {
  if (a == b)
    return true;
  if (a->kind != b->kind || a->type != b->type || a->args.size() != b->args.size())
    return false;
  bool by_column = a->kind == ExprKind::kColumn || a->kind == ExprKind::kLookup;
  if ((by_column && a->column != b->column) || a->lookup != b->lookup)
    return false;
  if (a->kind == ExprKind::kLiteral &&
      (a->literal.is_null() != b->literal.is_null() || !record::SameKey(a->literal, b->literal))) {
    return false;
  }
  if (a->function != b->function || a->subquery != b->subquery)
    return false;
  for (size_t i = 0; i < a->args.size(); ++i) {
    if (!SameExpr(a->args[i], b->args[i]))
      return false;
  }
  return true;
}

}  // namespace keywatch::plan
