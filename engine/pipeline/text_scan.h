// Which leaves a long text excludes: all their needles on one column in a single pass.
//
// A needle is what a conjunct such as `requestUri_s contains "/backup"` looks for. The pass may let
// through more than the conjunct does (a term is looked for as plain text), never less; the
// conjunct itself is left to the evaluator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/eval/regex_set.h"
#include "engine/plan/expr.h"

namespace keywatch::pipeline {

// A pattern that every text matches for which `conjunct` is true; null if `conjunct` is not a test
// of a column with a constant.
std::optional<std::string> NeedlePattern(const plan::ExprPtr& conjunct);

class TextScan {
 public:
  TextScan(size_t column, size_t words);

  [[nodiscard]] size_t column() const { return column_; }
  // False if the pattern cannot be used. At most one per leaf.
  bool Add(size_t leaf, const std::string& pattern);
  // After the last Add.
  void Compile();
  // Clears in `bits` (one per leaf) those of leaves whose needle is not in `text`.
  void And(std::string_view text, uint64_t* bits);

 private:
  size_t column_;
  eval::RegexSet patterns_;
  std::vector<size_t> leaf_of_pattern_;
  std::vector<uint64_t> mine_;     // leaves with a needle here
  std::vector<uint64_t> allowed_;  // scratch
  std::vector<int> matched_;       // scratch
};

}  // namespace keywatch::pipeline
