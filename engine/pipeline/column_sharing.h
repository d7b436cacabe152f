// What leaves compute alike, found once when the rules are loaded: the rules of a pack begin with
// the same `extend`s, and each would compute them for every record by itself.
//
// An expression becomes a computed column, which all leaves read, if its value depends on nothing
// but cells whose values come again (ids, addresses, operations, paths: no times), and
//   - all it reads are columns of few values, so that its value is known from the second record on;
//     if it is a condition of a filter, the scan then decides it like one of a record's own
//     columns;
//   - or several leaves or places of a leaf have it.
// Of expressions that always occur together only the outermost is one.
#pragma once

#include <vector>

#include "engine/delta/delta_plan.h"
#include "engine/record/record_batch.h"

namespace keywatch::pipeline {

struct ComputedColumn {
  plan::ExprPtr expr;          // over `inputs`, by their place
  std::vector<size_t> inputs;  // numbers of columns: see SharedLeaves::all
};

// What the scan can make of a column.
enum class ScanUse {
  kNone,
  kValues,   // few distinct ones: a condition is decided once for each
  kNeedles,  // text as it came: looked through for what conditions look for
};

struct BatchColumn {
  record::Type type = record::Type::kString;
  ScanUse use = ScanUse::kNone;
};

// A layout's columns as they come.
std::vector<BatchColumn> ColumnsOf(const record::BatchLayout& layout);

struct SharedLeaves {
  std::vector<BatchColumn> all;              // of the layout, then the computed ones
  std::vector<ComputedColumn> computed;      // each reads only what stands before it
  std::vector<delta::LeafPlan> leaves;       // the same leaves, reading from `columns`
  std::vector<std::vector<size_t>> columns;  // by leaf, which of `all`
};

// `leaf_columns[l][c]` is the layout index of column c of leaf l.
SharedLeaves ShareColumns(const std::vector<const delta::LeafPlan*>& leaves,
                          const std::vector<std::vector<size_t>>& leaf_columns,
                          const record::BatchLayout& layout);

}  // namespace keywatch::pipeline
