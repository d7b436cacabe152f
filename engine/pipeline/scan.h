// All rules' table filters over one batch: which rows does which leaf want?
//
// A leaf's filter is a conjunction. A conjunct that reads one column with few distinct values is an
// atom: its truth is computed once per distinct value, when the value is first seen. For each such
// column a value has a row of bits, one bit per leaf: 1 where no atom of the leaf on this column
// excludes the value. Equal rows of bits are one class, so that all of them stay in cache. A batch
// is scanned by ANDing, per record, the bits of its values, so the cost grows with the number of
// columns used and hardly with the number of rules. A conjunct that looks for a constant in a long
// text contributes its needle (text_scan.h). What is left is a superset of what the leaves want:
// the evaluator applies the residual, the conjuncts that are no atoms, to the few rows that are
// left.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "engine/delta/delta_plan.h"
#include "engine/eval/evaluator.h"
#include "engine/pipeline/column_sharing.h"
#include "engine/pipeline/gather.h"
#include "engine/pipeline/text_scan.h"
#include "engine/record/record_batch.h"

namespace keywatch::pipeline {

class Scan {
 public:
  // `leaf_columns[l][c]` is the number in `all` of column c of leaf l.
  Scan(const std::vector<delta::LeafPlan>& leaves,
       const std::vector<std::vector<size_t>>& leaf_columns,
       const std::vector<BatchColumn>& all);

  // The columns that Run reads: they must be there for every row.
  [[nodiscard]] std::vector<size_t> ColumnsRead() const;
  // For every leaf the rows that its atoms do not exclude, ascending; by leaf number. The result is
  // valid until the next call.
  const std::vector<std::vector<uint32_t>>& Run(const Columns& columns, size_t rows);

  // What still has to be true of a row that Run gave for the leaf.
  [[nodiscard]] const plan::ExprPtr& Residual(size_t leaf) const { return residual_[leaf]; }

 private:
  struct Atom {
    size_t leaf = 0;
    eval::Program program;  // over one column
  };
  // What the codes of one dictionary mean. Each source decodes with dictionaries of its own, in
  // which the same code stands for another text.
  struct CodeClasses {
    const record::Dictionary* dictionary = nullptr;
    uint32_t generation = 0;
    std::vector<uint32_t> class_of_code;
  };
  // The bits of one column's values.
  struct ColumnBits {
    size_t column = 0;  // layout index
    record::Type type = record::Type::kString;
    std::vector<Atom> atoms;
    std::vector<uint64_t> class_bits;  // words_ per class
    std::map<std::vector<uint64_t>, uint32_t> classes;
    std::vector<CodeClasses> codes;  // dictionary columns: one for each source
    std::unordered_map<uint64_t, uint32_t> class_of_value;  // number columns
    uint32_t class_of_null = 0;
    bool null_known = false;
  };

  void AddAtom(size_t leaf, size_t column, const plan::ExprPtr& conjunct, record::Type type);
  bool AddNeedle(size_t leaf, size_t column, const plan::ExprPtr& conjunct);
  std::vector<uint32_t> Classify(ColumnBits* bits, const std::vector<record::Value>& values);
  // Classes of all codes that the column's dictionary has now.
  const std::vector<uint32_t>& ClassesOfCodes(ColumnBits* bits, const record::ColumnData& column);
  uint32_t NumberClass(ColumnBits* bits, const record::ColumnData& column, size_t row);
  void AndColumn(ColumnBits* bits, const record::ColumnData& column, size_t rows);

  size_t leaves_;
  size_t words_;
  std::vector<ColumnBits> columns_;
  std::vector<TextScan> texts_;
  std::vector<plan::ExprPtr> residual_;
  std::vector<uint64_t> all_;   // a bit per leaf
  std::vector<uint64_t> rows_;  // words_ per row of the batch
  std::vector<std::vector<uint32_t>> selected_;
};

}  // namespace keywatch::pipeline
