// Plan -> equal plan that does less.
#pragma once

#include "engine/plan/node.h"

namespace keywatch::optimize {

// All passes, in order: constant_folding, constant_tables, filter_pushdown, used_columns.
plan::NodePtr Optimize(const plan::NodePtr& plan);

// Calls whose arguments are constant become their value; `and`, `or`, `iff` with a constant side
// shrink. Computed by engine/eval itself, so folding and running cannot disagree.
plan::NodePtr FoldConstants(const plan::NodePtr& plan);

// Joins with rows that are written in the query, and `in` such rows, become lookups: nothing but
// the record itself is needed to evaluate them. `where Expires > now()` on those rows becomes a
// condition on the record's row. An inner or outer join does so where each key has one row.
plan::NodePtr InlineConstantTables(const plan::NodePtr& plan);

// Filters move towards the tables, through projections, unions, sorts, group keys and the sides of
// joins that they read; neighbouring filters become one.
plan::NodePtr PushDownFilters(const plan::NodePtr& plan);

// Scans and projections keep only the columns that something above reads; a `distinct` whose rows
// are only looked up (right side of an anti join) becomes a projection. The result's schema stays.
plan::NodePtr PruneColumns(const plan::NodePtr& plan);

}  // namespace keywatch::optimize
