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

  // The hash of a token; begins to load what Read() will want, so that other work can go on
  // meanwhile.
  uint64_t Prepare(const Token& token) const;

  // The second step of that, once the first had time to arrive.
  void Approach(uint64_t hash) const {
    const Slot& slot = slots_[hash & (slots_.size() - 1)];
    if (slot.entry == nullptr)
      return;
    __builtin_prefetch(&slot.entry->claims);
    constexpr size_t kLine = 64;
    constexpr size_t kMost = 8 * kLine;
    for (size_t at = 0; at < slot.size && at < kMost; at += kLine)
      __builtin_prefetch(slot.raw + at);
  }

  enum class Outcome { kRead, kNotJson, kTooDeep };
  // The claims into `*claims`, good until Clear(). kNotJson, kTooDeep: the token itself is not
  // valid, so the record is not. Text that is valid but holds no object has no claims.
  Outcome Read(const Token& token, uint64_t hash, DecodeStats* stats, const Claims** claims);

  [[nodiscard]] size_t size() const { return entries_.size(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }
  // Only between batches, and whenever the dictionaries of the columns are cleared.
  void Clear();

 private:
  struct Entry {
    std::string raw;
    std::vector<record::Code> codes;
    std::vector<Cell> cells;
    Claims claims;
  };
  struct Slot {
    uint64_t hash = 0;
    Entry* entry = nullptr;     // null: free
    const char* raw = nullptr;  // of the entry: a hit follows one pointer less
    size_t size = 0;
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
