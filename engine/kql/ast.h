// The tree that the parser makes of a KQL text. Values and unique_ptrs only; every node carries the
// span it came from. The tree says what is written, not what it means: whether `let a = b` names a
// table or a column, and what type anything has, is the binder's business (engine/bind).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/source_text.h"

namespace keywatch::kql {

struct Expr;
struct Pipeline;
using ExprPtr = std::unique_ptr<Expr>;
using PipelinePtr = std::unique_ptr<Pipeline>;

enum class LiteralKind {
  kBool,      // text "true" or "false"; bool(..): that, or "null"
  kInt,       // int(..): raw text between the parentheses
  kLong,      // decimal digits or 0x..; long(..): raw text
  kReal,      // as written; real(..): raw text
  kDecimal,   // decimal(..): raw text
  kDatetime,  // datetime(..): raw text between the parentheses, quotes removed
  kTimespan,  // "1d", "5min"; timespan(..), time(..): raw text
  kGuid,      // guid(..): raw text
  kString,    // escapes already resolved, adjacent literals joined
  kNull,      // dynamic(null) and `null` inside dynamic(..); bare `null` is a Name, as in Kusto
};

struct Literal {
  LiteralKind kind = LiteralKind::kString;
  std::string text;
  bool typed_call = false;  // written as long(..), real(..): `text` may be "null"
};
struct Name {
  std::string text;
};
struct Star {};  // `*` as an argument
struct Unary {
  char op = '-';  // '-' or '+'
  ExprPtr operand;
};
struct Binary {
  // Spelling variants are resolved: <> is !=, notcontains is !contains, containscs is contains_cs.
  std::string
      op;  // "or and == != < <= > >= + - * / % =~ !~ has !has has_cs contains .. matches regex"
  ExprPtr left;
  ExprPtr right;
  SourceSpan op_span;
};
struct InList {
  std::string op;  // "in" "!in" "in~" "!in~" "has_any" "has_all"
  ExprPtr left;
  std::vector<ExprPtr> items;  // each a scalar, a name, or a Subquery
  SourceSpan op_span;
};
struct Between {
  bool negated = false;
  ExprPtr operand;
  ExprPtr low;
  ExprPtr high;
  SourceSpan op_span;
};
struct Argument {
  std::string name;  // of `name = value`; empty when positional
  ExprPtr value;
};
struct Call {
  std::string function;
  SourceSpan function_span;
  std::vector<Argument> arguments;
};
struct Member {
  ExprPtr object;
  std::string name;
};
struct Index {
  ExprPtr object;
  ExprPtr index;
};
struct Subquery {  // a tabular expression where a scalar stands: `in (T | ..)`, `(T | ..)`
  PipelinePtr pipeline;
};
struct ToScalar {  // toscalar(T | ..)
  PipelinePtr pipeline;
};
struct TypeOf {      // typeof(long)
  std::string type;  // one of the names at ColumnDecl::type
};
struct DynamicArray {  // [..] inside dynamic(..)
  std::vector<ExprPtr> elements;
};
struct DynamicBag {  // {..} inside dynamic(..)
  std::vector<std::pair<std::string, ExprPtr>> members;
};
// dynamic(5), dynamic("a"): a literal (any kind but kNull) whose type is dynamic. dynamic([..]) is
// a DynamicArray, dynamic({..}) a DynamicBag, dynamic(null) a Literal kNull, without this wrapper.
struct DynamicScalar {
  ExprPtr literal;
};

struct Expr {
  SourceSpan span;
  std::variant<Literal,
               Name,
               Star,
               Unary,
               Binary,
               InList,
               Between,
               Call,
               Member,
               Index,
               Subquery,
               ToScalar,
               TypeOf,
               DynamicArray,
               DynamicBag,
               DynamicScalar>
      node;
  // Levels of expressions in this tree, subqueries included. The parser refuses more than
  // kMaxHeight, so code that walks a tree may recurse.
  uint32_t height = 1;
};
inline constexpr uint32_t kMaxHeight = 500;

// `x`, `n = x`, `(a, b) = x` in project, extend, summarize, print, distinct.
struct NamedExpr {
  std::vector<std::string> names;  // none: the name is derived; several: a tuple assignment
  SourceSpan name_span;
  ExprPtr value;
};

struct ColumnPattern {  // a column name, or one with `*` wildcards, in project-away, -keep,
                        // -reorder
  std::string pattern;
  SourceSpan span;
  std::string order;  // project-reorder only: "", "asc", "desc", "granny-asc", "granny-desc"
};
struct Rename {
  std::string to;
  std::string from;
  SourceSpan span;
};
struct Ordered {
  ExprPtr value;
  std::optional<bool> ascending;    // absent: descending
  std::optional<bool> nulls_first;  // absent: first when ascending, last when descending
};
struct ColumnDecl {
  std::string name;
  // Aliases are resolved: bool, int, long, real, decimal, datetime, timespan, guid, string,
  // dynamic.
  std::string type;
  SourceSpan span;
};
struct JoinCondition {  // `k`, or `$left.a == $right.b`
  std::string left;
  std::string right;
  SourceSpan span;
  bool by_sides = false;  // written as $left.a == $right.b: int and long may be compared
};

struct WhereOp {
  ExprPtr predicate;
};
struct ExtendOp {
  std::vector<NamedExpr> columns;
};
struct ProjectOp {
  std::vector<NamedExpr> columns;
};
struct ProjectAwayOp {  // also project-keep
  bool keep = false;
  std::vector<ColumnPattern> columns;
};
struct ProjectRenameOp {
  std::vector<Rename> columns;
};
struct ProjectReorderOp {
  std::vector<ColumnPattern> columns;
};
struct SummarizeOp {
  std::vector<NamedExpr> aggregates;
  std::vector<NamedExpr> by;
};
struct DistinctOp {
  bool all = false;  // distinct *
  std::vector<NamedExpr> columns;
};
struct CountOp {};
struct SortOp {
  std::vector<Ordered> by;
};
struct TopOp {
  ExprPtr rows;
  Ordered by;
};
struct TakeOp {
  ExprPtr rows;
};
struct JoinOp {
  std::string kind;  // as written, "" when it was not (innerunique)
  SourceSpan kind_span;
  PipelinePtr right;
  std::vector<JoinCondition> on;
};
struct UnionOp {
  std::string kind;         // "", "inner", "outer"
  std::string with_source;  // column name or ""
  bool is_fuzzy = false;
  std::vector<PipelinePtr> inputs;  // a bare name may hold `*` wildcards
};
struct AsOp {
  std::string name;
};
struct RenderOp {};
struct UnsupportedOp {
};  // `name` of the operator says which; its text was skipped to the next pipe

struct Operator {
  SourceSpan span;       // of the whole operator
  SourceSpan name_span;  // of its keyword
  std::string name;      // the keyword as written
  std::variant<WhereOp,
               ExtendOp,
               ProjectOp,
               ProjectAwayOp,
               ProjectRenameOp,
               ProjectReorderOp,
               SummarizeOp,
               DistinctOp,
               CountOp,
               SortOp,
               TopOp,
               TakeOp,
               JoinOp,
               UnionOp,
               AsOp,
               RenderOp,
               UnsupportedOp>
      node;
};

struct TableSource {  // a table, a let name; `*` wildcards only as an input of union
  std::string name;
};
struct CallSource {  // a tabular function
  Call call;
};
struct ParenSource {  // also materialize(..)
  PipelinePtr pipeline;
  bool materialize = false;
};
struct DatatableSource {
  std::vector<ColumnDecl> columns;
  std::vector<ExprPtr> cells;  // row by row, whole rows; literals, signed ones as Unary
};
struct PrintSource {
  std::vector<NamedExpr> columns;
};
struct RangeSource {
  std::string column;
  ExprPtr from;
  ExprPtr to;
  ExprPtr step;
};
struct UnionSource {
  UnionOp op;
};

struct Source {
  SourceSpan span;
  std::variant<TableSource,
               CallSource,
               ParenSource,
               DatatableSource,
               PrintSource,
               RangeSource,
               UnionSource>
      node;
};

struct Pipeline {
  SourceSpan span;
  Source source;
  std::vector<Operator> operators;
  uint32_t height = 0;  // of the tallest expression in it
};

struct LetStatement {
  std::string name;
  SourceSpan name_span;
  // A scalar, or a Subquery. A bare name or a bare call is a Name or Call: the binder decides.
  ExprPtr value;
};

// A query: its let statements in order, and the tabular expression whose rows are the result.
struct Query {
  std::vector<LetStatement> lets;
  PipelinePtr body;  // null only when parsing failed
};

}  // namespace keywatch::kql
