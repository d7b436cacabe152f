// The columns that leaves share (column_sharing.h), computed once per distinct combination of what
// they read and remembered. A batch asks for rows; what it does not ask for is not computed.
//
// What is remembered is bounded: at the bound all of it is forgotten between two batches and
// computed anew, so that callers who make up ever new values cost time and no memory.
//
// Not thread-safe: one thread owns it. Values are valid until the next Begin.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/eval/evaluator.h"
#include "engine/pipeline/column_sharing.h"
#include "engine/pipeline/gather.h"
#include "engine/record/dictionary.h"

namespace keywatch::pipeline {

// Numbers from 0 for distinct 128-bit keys, in order of their first use.
class KeyCodes {
 public:
  KeyCodes();
  record::Code Intern(uint64_t low, uint64_t high);
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] size_t bytes() const { return slots_.size() * sizeof(Slot); }
  void Clear();

 private:
  struct Slot {
    uint64_t low = 0;
    uint64_t high = 0;
    record::Code code_plus_one = 0;  // 0: free
  };
  [[nodiscard]] size_t Place(uint64_t low, uint64_t high) const;
  void Grow();

  std::vector<Slot> slots_;
  size_t size_ = 0;
  uint64_t seed_;
};

class ComputedColumns {
 public:
  // `all`: of the layout, then one for each of `computed`. `max_bytes` is the bound of what is
  // remembered; one batch may go beyond it.
  ComputedColumns(std::vector<ComputedColumn> computed,
                  const std::vector<BatchColumn>& all,
                  size_t max_bytes = 64 << 20);

  // From here on columns are those of this batch.
  void Begin(const record::RecordBatch& batch);
  // Makes the column be there for these rows. Nothing to do for a column of the layout.
  void Compute(size_t column, const std::vector<uint32_t>& rows);
  [[nodiscard]] const Columns& columns() const { return columns_; }

  // Bytes that are remembered, and how often all was forgotten.
  [[nodiscard]] size_t bytes() const;
  [[nodiscard]] uint64_t resets() const { return resets_; }

 private:
  // What the codes of a source's dictionary are here: each source has dictionaries of its own.
  struct Translation {
    const record::Dictionary* from = nullptr;
    uint32_t generation = 0;
    std::vector<record::Code> to;
  };
  // Equal cells of a column have equal codes, whichever source they came from.
  struct Codes {
    record::Dictionary texts;
    KeyCodes numbers;
    std::vector<Translation> translations;
    std::vector<record::Code> of_row;  // kUnknown: not asked for yet
  };
  struct Number {
    uint64_t bits = 0;
    bool null = false;
  };
  struct Computed {
    std::vector<size_t> inputs;
    eval::Program program;
    std::vector<KeyCodes> pairs;       // of the code of the inputs before and that of the next one
    std::vector<record::Code> result;  // by the code of all inputs; kUnknown: not computed yet
    std::vector<Number> numbers;       // by code, unless it is text
    record::ColumnData data;
  };

  void Forget();
  void Encode(size_t column, const std::vector<uint32_t>& rows);
  std::vector<record::Code> CodesOfInputs(Computed* computed, const std::vector<uint32_t>& rows);
  void Evaluate(Computed* computed,
                Codes* codes,
                const std::vector<uint32_t>& rows,
                const std::vector<record::Code>& keys);

  size_t layout_;  // columns of it
  size_t max_bytes_;
  std::vector<std::unique_ptr<Codes>> codes_;  // by column; null: nobody asks
  std::vector<std::unique_ptr<Computed>> computed_;
  Columns columns_;
  uint64_t resets_ = 0;
};

}  // namespace keywatch::pipeline
