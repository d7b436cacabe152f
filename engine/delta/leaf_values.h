// What a leaf makes of rows that its predicate kept: when each is visible, which partition it
// belongs to, and what the operator above reads of it.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "engine/delta/branch_program.h"

namespace keywatch::delta {

class LeafValues {
 public:
  // `rows` has the leaf's columns; it, the plan and the program outlive this.
  LeafValues(const LeafPlan& leaf, const LeafProgram& program, const eval::Chunk& rows);

  // Narrows [*lo, *hi) of the T axis to where the bounds hold; false if they hold nowhere.
  bool Narrow(size_t row, record::Ticks* lo, record::Ticks* hi) const;
  // Appends the partition key: equal values of equal kind have equal bytes.
  void AppendKey(size_t row, std::string* key) const;
  [[nodiscard]] record::Row Output(size_t row) const;

 private:
  using Columns = std::vector<const eval::Vector*>;
  Columns RunAll(const std::vector<eval::Program>& programs, const eval::Chunk& rows);

  const LeafPlan& leaf_;
  std::deque<eval::Vector> computed_;  // plain columns are read where they are
  Columns bounds_;
  Columns output_;
  Columns partition_;
};

}  // namespace keywatch::delta
