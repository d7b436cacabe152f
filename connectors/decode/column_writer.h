// Writes records into the columns of a layout: which slot fills which column, how a value becomes a
// cell, and the dictionaries of string columns. Not thread-safe.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "connectors/decode/arena.h"
#include "connectors/decode/decode_stats.h"
#include "connectors/decode/field_plan.h"
#include "connectors/decode/record_walker.h"
#include "connectors/decode/resource_id.h"
#include "connectors/decode/token_value.h"
#include "engine/record/column_source.h"
#include "engine/record/record_batch.h"

namespace keywatch::decode {

// One column of the layout, ready to be written.
struct ColumnPlan {
  size_t index = 0;  // in the layout
  record::Type type = record::Type::kString;
  record::Storage storage = record::Storage::kText;
  record::ColumnSource source;
  int slot = kNoSlot;  // where its value stands; of a claim: in the walk of the identity
  int twin = kNoSlot;  // where else
  record::Dictionary* dictionary = nullptr;  // kDictionary only
  // What the last row held: many columns hardly ever change.
  std::string_view last_text;
  record::Code last_code = 0;
  // Where its cells go in the batch that is being filled; one of the first three is set.
  record::Code* codes = nullptr;
  std::string_view* texts = nullptr;
  uint8_t* nulls = nullptr;
  int64_t* integers = nullptr;
  double* reals = nullptr;

  void Store(size_t row, const Cell& cell) const {
    if (codes != nullptr) {
      codes[row] = cell.code;
    } else if (texts != nullptr) {
      texts[row] = cell.text;
    } else {
      nulls[row] = cell.null ? 1 : 0;
      if (reals != nullptr)
        reals[row] = cell.real;
      if (integers != nullptr)
        integers[row] = cell.integer;
    }
  }

  [[nodiscard]] bool is_text() const {
    return type == record::Type::kString || type == record::Type::kGuid;
  }
  [[nodiscard]] const Token* Find(const RecordWalker& walker) const {
    const Token* token = walker.Find(slot);
    return token != nullptr || twin == kNoSlot ? token : walker.Find(twin);
  }
};

// The cell of `column` for a value (null: missing). Texts live in `arena`, in the message or in the
// dictionary.
Cell MakeCell(ColumnPlan* column, const Token* token, Arena* arena, DecodeStats* stats);

// The cells of the identity columns for one distinct identity, by position among those columns.
struct Claims {
  const record::Code* codes = nullptr;  // of dictionary columns, apart: they are what is read most
  const Cell* cells = nullptr;          // of the others
  bool duplicate = false;               // a name stood twice
};

// What is known about one distinct resource id.
struct KnownResource {
  ResourceParts parts;
  uint64_t hash = 0;        // record::HashBytes of the upper-case id, seed 0
  std::vector<Cell> cells;  // by position among the resource columns
};

class ColumnWriter {
 public:
  ColumnWriter(const record::BatchLayout& layout, FieldPlan* record_plan, FieldPlan* identity_plan);

  // Makes room for `capacity` rows; the texts of the batch before are gone.
  void Begin(size_t capacity, record::RecordBatch* batch);
  // Begins to load what Write() will want for the record that was walked last.
  void Prepare(const RecordWalker& walker) const {
    for (const AddressColumn& column : address_columns_) {
      const Token* token = column.plan.Find(walker);
      if (token != nullptr && token->kind == TokenKind::kString)
        column.raw->Prepare(token->inside());
    }
  }
  // `claims`: null if the record has no identity.
  void Write(size_t row,
             const RecordWalker& walker,
             const KnownResource& resource,
             const Claims* claims,
             DecodeStats* stats);
  // Cuts the columns to the rows written and fills what does not come from the record's members.
  void Finish(size_t rows);

  // `raw_id` as it stands in the record. The reference lives until Clear().
  const KnownResource& Resource(std::string_view raw_id);

  [[nodiscard]] std::vector<ColumnPlan>& identity_columns() { return identity_columns_; }

  [[nodiscard]] size_t largest_dictionary() const;  // in entries
  [[nodiscard]] size_t dictionary_bytes() const;    // of all together
  // Forgets every text and code. Only between batches.
  void Clear();

 private:
  // Addresses as written -> canonical ones.
  struct AddressColumn {
    ColumnPlan plan;
    std::unique_ptr<record::Dictionary> raw;
    // By code of `raw`; which of the two is filled follows from the column's storage.
    std::vector<record::Code> codes;
    std::vector<std::string_view> texts;
  };

  void Plan(const record::LayoutColumn& column,
            size_t index,
            FieldPlan* record_plan,
            FieldPlan* identity_plan);
  void WriteAddress(AddressColumn* column, size_t row, const Token* token);
  void Attach(ColumnPlan* column, size_t capacity);
  void Fill(const ColumnPlan& column, size_t rows);

  std::vector<ColumnPlan> member_columns_;
  std::vector<ColumnPlan> identity_columns_;
  std::vector<ColumnPlan> resource_columns_;
  std::vector<ColumnPlan> fixed_columns_;  // event time, constants, columns without a source
  std::vector<AddressColumn> address_columns_;
  std::deque<record::Dictionary> dictionaries_;  // one for each dictionary column
  record::Dictionary raw_resources_;
  std::deque<KnownResource> resources_;  // by code of raw_resources_
  size_t resource_bytes_ = 0;
  Arena arena_;       // until the next batch
  Arena long_lived_;  // until Clear()
  std::string scratch_;
  record::RecordBatch* batch_ = nullptr;
};

}  // namespace keywatch::decode
