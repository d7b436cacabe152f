// The decoder: bytes of messages in any documented form -> columns of a RecordBatch.
//
// docs/formats/records.md states what is accepted and what becomes of everything else. A decoder
// belongs to one thread; its dictionaries are its own. Nothing is lost silently: each record
// becomes a row, is counted as another category, or is handed to `reject`.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "connectors/decode/column_writer.h"
#include "connectors/decode/decode_stats.h"
#include "connectors/decode/identity_memo.h"
#include "connectors/decode/message_reader.h"
#include "connectors/decode/time_reader.h"
#include "engine/pipeline/io.h"
#include "engine/record/record_identity.h"

namespace keywatch::decode {

struct DecodeLimits {
  size_t batch_rows = 1000;
  size_t message_bytes = size_t{16} << 20;
  // Beyond these, all dictionaries are emptied before the next batch.
  size_t dictionary_entries = 1'000'000;        // of one dictionary
  size_t dictionary_bytes = size_t{256} << 20;  // of all together, claims included
  size_t identities = 100'000;
};

class JsonDecoder : public pipeline::Decoder {
 public:
  using RejectFunction = std::function<void(const pipeline::RejectedRecord&)>;

  // The layout is copied; batches have its columns, in its order.
  explicit JsonDecoder(const record::BatchLayout& layout, const DecodeLimits& limits = {});

  // A message that did not fit the last batch is taken up again where it was left, if it comes
  // first in this call.
  void Decode(const pipeline::RawBatch& batch,
              size_t* next,
              record::RecordBatch* out,
              const RejectFunction& reject) override;

  [[nodiscard]] const DecodeStats& stats() const { return stats_; }

 private:
  // A member at the top of the record, and the same under `properties`.
  struct SlotPair {
    int slot = kNoSlot;
    int twin = kNoSlot;
  };
  struct CoreSlots {
    SlotPair time;
    SlotPair category;
    SlotPair resource;
    SlotPair operation;
    SlotPair correlation;
    SlotPair uri;
    SlotPair identity;
  };

  void Begin(record::RecordBatch* out);
  void Finish(record::RecordBatch* out);
  void KeepBounds();
  bool Resumes(const pipeline::RawMessage& message) const;
  record::Ticks EventTime(record::Ticks time,
                          const pipeline::RawMessage& message,
                          record::Ticks read_time);
  void AddRecord(const pipeline::RawMessage& message,
                 record::RecordBatch* out,
                 const RejectFunction& reject);
  bool IsAuditEvent();
  std::optional<record::Ticks> ReadTime();
  uint64_t RecordId(record::Ticks time, const KnownResource& resource);
  [[nodiscard]] const Token* Find(SlotPair pair) const;
  std::string_view TextAt(SlotPair pair, std::string* scratch) const;
  void RejectRecord(RejectReason reason,
                    const char* detail,
                    const Token* at,
                    const pipeline::RawMessage& message,
                    const RejectFunction& reject);
  void Reject(const pipeline::RawMessage& message,
              const MessageReader::Reject& reject,
              const RejectFunction& hand_over);

  DecodeLimits limits_;
  FieldPlan record_plan_;
  FieldPlan identity_plan_{"identity"};
  const CoreSlots core_;
  ColumnWriter writer_;
  RecordWalker walker_;
  IdentityMemo identities_;
  MessageReader reader_;
  TimeReader times_;
  DecodeStats stats_;
  size_t rows_ = 0;        // of the batch that is being filled
  std::string_view open_;  // the message that the last batch ended in; empty: none
  int64_t open_offset_ = 0;
  uint32_t index_ = 0;  // of the next record in the message
  std::string scratch_[4];
};

}  // namespace keywatch::decode
