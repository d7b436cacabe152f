// Typed expressions: what to compute for one row, as an immutable value.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/source_text.h"
#include "engine/record/value.h"

namespace keywatch::plan {

struct Expr;
struct LookupTable;
struct Node;
using ExprPtr = std::shared_ptr<const Expr>;
using NodePtr = std::shared_ptr<const Node>;

enum class ExprKind {
  kColumn,         // the input row's column number `column`
  kLiteral,        // `literal`
  kNow,            // the instant T for which the query is evaluated
  kIngestionTime,  // when the row's record was read
  kCall,           // `function` of `args`
  kInSubquery,     // args[0] equals a value in the first column of `subquery`; `fold_case` for in~
  kToScalar,       // the first cell of `subquery`; null when it has no row
  kLookup,         // value `column` of the row of `lookup` with key `args`; null when it has none
};

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  record::Type type = record::Type::kString;
  SourceSpan span;
  size_t column = 0;
  record::Value literal;
  std::string function;  // a name of the function catalog; operators are functions ("==", "has")
  std::vector<ExprPtr> args;
  NodePtr subquery;
  bool fold_case = false;
  std::shared_ptr<const LookupTable> lookup;
};

ExprPtr ColumnRef(size_t column, record::Type type, SourceSpan span = {});
ExprPtr Constant(record::Value value, SourceSpan span = {});
ExprPtr Now(SourceSpan span = {});
ExprPtr CallOf(std::string function,
               record::Type type,
               std::vector<ExprPtr> args,
               SourceSpan span = {});

ExprPtr LookupOf(std::shared_ptr<const LookupTable> table,
                 size_t column,
                 record::Type type,
                 std::vector<ExprPtr> key,
                 SourceSpan span = {});

// The same expression with other arguments.
ExprPtr WithArgs(const ExprPtr& expr, std::vector<ExprPtr> args);

inline bool IsLiteral(const ExprPtr& expr) { return expr->kind == ExprKind::kLiteral; }
inline bool IsCallOf(const ExprPtr& expr, std::string_view function) {
  return expr->kind == ExprKind::kCall && expr->function == function;
}

// True if any node below satisfies `test` (expr included; subqueries are not entered).
template <class Test>
bool AnyOf(const ExprPtr& expr, const Test& test) {
  if (test(*expr))
    return true;
  for (const ExprPtr& arg : expr->args) {
    if (AnyOf(arg, test))
      return true;
  }
  return false;
}

// The operands of nested `and` calls, left to right; the expression itself if it is not an `and`.
std::vector<ExprPtr> Conjuncts(const ExprPtr& predicate);
// `and` of all; the literal true if there are none.
ExprPtr And(const std::vector<ExprPtr>& conjuncts);

// Adds the column numbers that `expr` reads to `used` (sized by the input schema).
void CollectColumns(const ExprPtr& expr, std::vector<bool>* used);
// The expression with column c read from replacement[c]. Every column it reads must have one.
ExprPtr Substitute(const ExprPtr& expr, const std::vector<ExprPtr>& replacement);

bool SameExpr(const ExprPtr& a, const ExprPtr& b);

}  // namespace keywatch::plan
