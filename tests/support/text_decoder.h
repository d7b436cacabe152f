// Audit records as short texts, for tests of the pipeline: "SECOND OPERATION ADDRESS [STATUS]", as
// in "12 SecretGet 203.0.113.7 403". Seconds count from kStart; equal texts are the same record.
#pragma once

#include <deque>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "engine/pipeline/io.h"

namespace keywatch::tests {

inline constexpr record::Ticks kStart = 638'000'000'000'000'000;
inline record::Ticks At(int64_t second) { return kStart + second * record::kTicksPerSecond; }

// One message is one record. What has fewer than three words is rejected.
class TextDecoder : public pipeline::Decoder {
 public:
  explicit TextDecoder(record::BatchLayout layout, size_t rows_at_once = 1000)
      : layout_(std::move(layout)), rows_at_once_(rows_at_once) {}

  void Decode(const pipeline::RawBatch& batch,
              size_t* next,
              record::RecordBatch* out,
              const std::function<void(const pipeline::RejectedRecord&)>& reject) override {
    Begin(out);
    out->read_time = batch.read_time;
    while (*next < batch.messages.size() && out->rows < rows_at_once_) {
      const pipeline::RawMessage& message = batch.messages[(*next)++];
      if (!AddRow(message.bytes, out)) {
        reject({"not_json",
                "expected three words",
                *message.origin,
                message.offset,
                0,
                message.bytes});
        continue;
      }
      out->origin.push_back({message.origin, message.offset, 0, message.broker_time});
    }
  }

  // The batch of these records, without a source.
  record::RecordBatch Batch(const std::vector<std::string>& texts) {
    record::RecordBatch batch;
    Begin(&batch);
    for (const std::string& text : texts) {
      AddRow(kept_.emplace_back(text), &batch);
      batch.origin.emplace_back();
    }
    return batch;
  }

 private:
  void Begin(record::RecordBatch* batch) const {
    *batch = {};
    for (const record::LayoutColumn& column : layout_.columns()) {
      record::ColumnData& data = batch->columns.emplace_back();
      data.type = column.type;
      data.storage = column.storage;
      data.dictionary = &dictionary_;
    }
  }

  bool AddRow(std::string_view text, record::RecordBatch* batch) {
    std::istringstream words{std::string(text)};
    int64_t second = 0;
    std::string operation;
    std::string address;
    if (!(words >> second >> operation >> address))
      return false;
    double status = 200;
    words >> status;
    for (size_t c = 0; c < batch->columns.size(); ++c) {
      record::ColumnData& data = batch->columns[c];
      const std::string& name = layout_.columns()[c].name;
      data.nulls.push_back(0);
      if (data.type == record::Type::kDatetime) {
        data.integers.push_back(At(second));
      } else if (data.type == record::Type::kReal) {
        data.reals.push_back(status);
      } else if (data.storage == record::Storage::kDictionary) {
        data.codes.push_back(dictionary_.Intern(name == "OperationName" ? operation : address));
      } else {
        data.texts.push_back(text);
      }
    }
    batch->event_time.push_back(At(second));
    batch->record_id.push_back(std::hash<std::string_view>()(text));
    batch->raw.push_back(text);
    ++batch->rows;
    return true;
  }

  record::BatchLayout layout_;
  const size_t rows_at_once_;
  record::Dictionary dictionary_;
  std::deque<std::string> kept_;
};

}  // namespace keywatch::tests
