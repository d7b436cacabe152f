// Logical plans: what a query computes, as an immutable tree of operators.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "engine/plan/expr.h"
#include "engine/record/schema.h"

namespace keywatch::plan {

// The rows of a table, with the columns of the node's schema.
struct Scan {
  std::string table;
};
// Rows written in the query (datatable), or the one empty row under `print`.
struct Values {
  std::vector<record::Row> rows;
};
// range x from .. to .. step ..
struct Range {
  ExprPtr from;
  ExprPtr to;
  ExprPtr step;
};
struct Filter {
  NodePtr input;
  ExprPtr predicate;  // rows for which it is true; null is not true
};
// One output column per expression: extend, project and their relatives.
struct Project {
  NodePtr input;
  std::vector<ExprPtr> columns;
};
struct Aggregate {
  std::string function;       // "count", "countif", "sum", .., a name of the aggregate catalog
  std::vector<ExprPtr> args;  // arg_max: the maximised expression, then what else to return
  record::Type type = record::Type::kLong;  // of the first output column
  int64_t limit = 0;                        // make_set, make_list: most elements
};
// Output: the keys, then the columns of each aggregate (arg_max has one per arg, others one).
struct Summarize {
  NodePtr input;
  std::vector<ExprPtr> keys;
  std::vector<Aggregate> aggregates;
  bool by = false;  // without `by` an empty input gives one row
};
struct SortKey {
  ExprPtr value;
  bool ascending = false;
  bool nulls_first = false;
};
struct Sort {
  NodePtr input;
  std::vector<SortKey> keys;
};
struct Take {
  NodePtr input;
  int64_t rows = 0;
};
enum class JoinKind {
  kInner,
  kInnerUnique,
  kLeftOuter,
  kLeftAnti,
  kRightAnti,
  kLeftSemi,
  kRightSemi
};
// Equality join on left.columns[left_keys[i]] == right.columns[right_keys[i]]. Output: left
// columns, then right columns; of one side only for anti and semi joins.
struct Join {
  JoinKind kind = JoinKind::kInnerUnique;
  NodePtr left;
  NodePtr right;
  std::vector<size_t> left_keys;
  std::vector<size_t> right_keys;
};
// All rows of all inputs; the binder has made their schemas equal.
struct Union {
  std::vector<NodePtr> inputs;
};

struct Node {
  record::Schema schema;  // of the output
  SourceSpan span;        // of the operator in the query
  std::variant<Scan, Values, Range, Filter, Project, Summarize, Sort, Take, Join, Union> op;
};

template <class Op>
NodePtr MakeNode(record::Schema schema, Op op, SourceSpan span = {}) {
  auto node = std::make_shared<Node>();
  node->schema = std::move(schema);
  node->op = std::move(op);
  node->span = span;
  return node;
}

std::string_view JoinKindName(JoinKind kind);
// The inputs of a node, left to right.
std::vector<NodePtr> Inputs(const Node& node);

}  // namespace keywatch::plan
