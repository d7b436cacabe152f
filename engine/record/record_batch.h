// Rows on their way from the decoder to the rules, column by column.
//
// A BatchLayout says which columns of which tables the loaded rules use; only those are filled. A
// record is a row of every table, so one batch serves AzureDiagnostics and AZKVAuditLogs alike. All
// views point into the messages of the RawBatch that was decoded, or into the dictionaries and the
// arena of the decoder: a batch is read before the next one is decoded, by the same thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record/dictionary.h"
#include "engine/record/schema_catalog.h"
#include "engine/record/time.h"
#include "engine/record/value.h"

namespace keywatch::record {

struct LayoutColumn {
  std::string table;  // of the first user; columns with the same source and type are shared
  std::string name;
  Type type = Type::kString;
  std::string source;  // as in the table file
  Storage storage = Storage::kText;
};

// The columns to fill. Built once from the loaded rules; immutable while batches flow.
class BatchLayout {
 public:
  // The index of the column in every batch of this layout; adds it if it is new.
  size_t Add(const Table& table, const TableColumn& column);
  [[nodiscard]] const std::vector<LayoutColumn>& columns() const { return columns_; }

 private:
  std::vector<LayoutColumn> columns_;
};

// One column. Which member is filled follows from type and storage:
//   string, guid, dictionary storage   codes, read through `dictionary`
//   string, guid, text storage         texts
//   dynamic                            texts: the raw JSON, "" when missing
//   real                               reals and nulls
//   bool, int, long, datetime, timespan  integers and nulls
struct ColumnData {
  Type type = Type::kString;
  Storage storage = Storage::kText;
  const Dictionary* dictionary = nullptr;
  std::vector<Code> codes;
  std::vector<std::string_view> texts;
  std::vector<int64_t> integers;
  std::vector<double> reals;
  std::vector<uint8_t> nulls;  // 1: null
};

// Where a record came from; `origin` is "kafka topic/partition" or a file name.
struct RowOrigin {
  const std::string* origin = nullptr;
  int64_t offset = 0;     // Kafka offset, or byte offset of the line or document in the file
  uint32_t index = 0;     // of the record within the message
  Ticks broker_time = 0;  // when the broker took the message; 0 if unknown
};

struct RecordBatch {
  size_t rows = 0;
  std::vector<ColumnData> columns;  // by layout index
  std::vector<Ticks> event_time;    // the record's `time`
  std::vector<uint64_t>
      record_id;  // hash of what makes a record the same record, see RecordIdentity
  std::vector<std::string_view> raw;  // the record's JSON text, verbatim
  std::vector<RowOrigin> origin;
  Ticks read_time = 0;  // when keywatch read the messages: ingestion_time()
};

// The value of one cell, for the cold path.
Value CellValue(const ColumnData& column, size_t row);

}  // namespace keywatch::record
