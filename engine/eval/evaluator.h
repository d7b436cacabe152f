// The one evaluator of scalar expressions, for the batch and the delta driver alike. An expression
// is compiled once (constants prepared: regular expressions, sets for `in`) and run over chunks.
//
// Nothing fails at run time: what has no value is null, as KQL says. A Program is immutable and may
// be run by several threads.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/eval/vector.h"
#include "engine/plan/expr.h"
#include "engine/record/schema.h"

namespace keywatch::eval {

// Results of the subqueries of an expression: the values of the first column.
using SubqueryResults = std::map<const plan::Node*, std::vector<record::Value>>;

struct EvalContext {
  record::Ticks now = 0;                        // T
  const SubqueryResults* subqueries = nullptr;  // needed when the expression has any
};

class Program {
 public:
  explicit Program(const plan::ExprPtr& expr);
  ~Program();
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;

  [[nodiscard]] record::Type type() const;
  // The input column that this is, if it is nothing else: it can be read in place.
  [[nodiscard]] std::optional<size_t> column() const { return column_; }
  // The value for every row of the chunk; a constant vector if it is the same for all.
  [[nodiscard]] Vector Run(const Chunk& input, const EvalContext& context) const;

  struct Step;

 private:
  std::unique_ptr<const Step> root_;
  std::optional<size_t> column_;
};

// A conjunction evaluated one operand after the other, each only on the rows that are left.
class Predicate {
 public:
  explicit Predicate(const plan::ExprPtr& expr);
  // The rows for which all operands are true.
  [[nodiscard]] std::vector<uint32_t> Select(const Chunk& input, const EvalContext& context) const;

 private:
  std::vector<Program> conjuncts_;
};

// The chosen rows alone. Texts are not copied: `input`'s have to stay where they are.
Chunk Gather(const Chunk& input, const std::vector<uint32_t>& rows);

// One value of one row.
record::Value EvaluateRow(const Program& program,
                          const record::Row& row,
                          const EvalContext& context);

// The rows' values as a chunk; only columns marked in `used` are filled.
Chunk ToChunk(const record::Row* rows,
              size_t count,
              const record::Schema& schema,
              const std::vector<bool>& used);

}  // namespace keywatch::eval
