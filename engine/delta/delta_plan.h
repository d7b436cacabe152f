// A rule's plan arranged for incremental evaluation: what flows from the tables (leaves) through
// which operators, how rows are partitioned, and when a result may be raised.
//
// A union at the top splits into independent branches. Each branch is a tree of operators whose
// state is local to a partition: the rows that share the values of the partition expressions
// (`summarize .. by caller` is partitioned by caller). Where no expression can be found, there is
// one partition.
//
// When a result may be raised. Most operators are monotone: a row that arrives later cannot remove
// a result, so results are raised on arrival. What is negated (the right side of an anti join, a
// condition such as `count_ < 5`) must be complete first: the result for T may be raised once the
// watermark W has passed what the negated input can still receive for T, that is T <= W + d where d
// is the distance by which the negated input lags behind T (`TimeGenerated < ago(d)`).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/delta/temporal.h"
#include "engine/plan/node.h"

namespace keywatch::delta {

// While leaf `leaf`, one with presence, has a row equal to `key` (over the output of the leaf that
// has this), the row is part of no result.
struct HiddenBy {
  size_t leaf = 0;
  std::vector<plan::ExprPtr> key;
};

struct LeafPlan {
  std::string table;  // "" with `constant`
  // Rows that are known beforehand, in place of a table's: see constant_rows.h.
  std::shared_ptr<const std::vector<record::Row>> constant;
  record::Schema columns;                // of the scan
  plan::ExprPtr predicate;               // over `columns`, free of now()
  std::vector<TemporalBound> bounds;     // beside the rule's own window
  std::vector<plan::ExprPtr> output;     // what the operator above reads, over `columns`
  std::vector<plan::ExprPtr> partition;  // over `columns`
  // Only whether rows exist matters (right side of a semi or anti join): `output` is the join key,
  // and the leaf keeps for each key the union of the rows' intervals instead of the rows.
  bool presence = false;
  // What is hidden from its beginning to its end need not be kept: what is known only grows.
  std::vector<HiddenBy> hidden_by;
  // A row that arrives later could remove a result: see above. `lag` is d.
  bool negated = false;
  record::Ticks lag = 0;
  // Below the right side of a semi or anti join: its rows are compared with, they are no evidence.
  bool compared = false;

  [[nodiscard]] bool is_constant() const { return constant != nullptr; }
};

struct OpPlan {
  enum class Kind { kLeaf, kFilter, kProject, kGroup, kSemi, kUnion };
  Kind kind = Kind::kLeaf;
  std::vector<size_t> inputs;               // operator numbers, all below this one's
  size_t parent = SIZE_MAX;                 // SIZE_MAX: the top
  size_t port = 0;                          // which of the parent's inputs this is
  size_t leaf = 0;                          // kLeaf: number of the leaf
  plan::ExprPtr predicate;                  // kFilter
  std::vector<plan::ExprPtr> columns;       // kProject
  std::vector<plan::ExprPtr> keys;          // kGroup
  std::vector<plan::Aggregate> aggregates;  // kGroup
  bool always = false;                      // kGroup: summarize without `by`
  bool anti = false;                        // kSemi: keep rows without a match
  std::vector<plan::ExprPtr> left_keys;     // kSemi
  std::vector<plan::ExprPtr> right_keys;
  record::Schema output;
};

struct BranchPlan {
  std::vector<LeafPlan> leaves;
  std::vector<OpPlan> ops;  // inputs before their users; the last is the top
  // Applied to the rows of the top operator: which count, and what they look like.
  plan::ExprPtr predicate;
  std::vector<plan::ExprPtr> columns;
  // Null: results are raised on arrival. Otherwise for T <= W + *hold.
  std::optional<record::Ticks> hold;
  bool has_baseline = false;  // an anti join against earlier rows: learning applies
  bool by_record = false;     // a finding is about one record, not about a group
  bool stateless = false;     // one leaf, visible at once: every row is a finding of its own
};

struct DeltaPlan {
  record::Schema schema;
  std::vector<BranchPlan> branches;
};

// The arrangement of an optimized plan; null with an error in `diagnostics` that says what cannot
// be evaluated incrementally, and where.
std::optional<DeltaPlan> MakeDeltaPlan(const plan::NodePtr& plan, Diagnostics* diagnostics);

// What the saved state of this plan consists of, as text: state saved under another shape means
// something else (a newer optimizer may keep other columns) and must not be taken up.
std::string StateShape(const DeltaPlan& plan);

}  // namespace keywatch::delta
