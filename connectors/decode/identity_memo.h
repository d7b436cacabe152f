// The claims of `identity`, read once per distinct value: some hundred principals make all the
// calls, and the member is a fifth of each record (of a Managed HSM a JSON text inside a JSON
// string).
//
// The key is the raw token, so a hit proves that it was checked before. Not thread-safe.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "connectors/decode/arena.h"
#include "connectors/decode/column_writer.h"
#include "connectors/decode/record_walker.h"
#include "connectors/decode/structural_index.h"

namespace keywatch::decode {

class IdentityMemo {
 public:
  // `plan` holds the slots of the claims, with prefix "identity"; `columns` are filled from them.
  // Both must outlive the memo.
  IdentityMemo(FieldPlan* plan, std::vector<ColumnPlan>* columns)
      : columns_(columns), walker_(plan), slots_(kFewest) {}

  enum class Outcome { kRead, kNotJson, kTooDeep };
  // One cell for each column into `*cells`, good until Clear(). kNotJson, kTooDeep: the token
  // itself is not valid, so the record is not. Text that is valid but holds no object has no
  // claims.
  Outcome Read(const Token& token, DecodeStats* stats, const Cell** cells);

  [[nodiscard]] size_t size() const { return entries_.size(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }
  // Only between batches, and whenever the dictionaries of the columns are cleared.
  void Clear();

 private:
  struct Entry {
    std::string raw;
    std::vector<Cell> cells;
  };
  // Holds what a hit needs, so that it follows one pointer less.
  struct Slot {
    uint64_t hash = 0;
    const char* raw = nullptr;  // null: free
    size_t size = 0;
    const Cell* cells = nullptr;
  };
  static constexpr size_t kFewest = 1024;

  Outcome Parse(const Token& token, DecodeStats* stats, Entry* entry);
  void FillCells(const Token& token, bool claims, DecodeStats* stats, Entry* entry);
  void Grow();

  std::vector<ColumnPlan>* columns_;
  RecordWalker walker_;
  StructuralIndex index_;
  Arena arena_;  // texts of the cells
  std::vector<Slot> slots_;
  std::deque<Entry> entries_;
  size_t bytes_ = 0;
};

}  // namespace keywatch::decode
