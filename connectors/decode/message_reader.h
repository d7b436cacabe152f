// Takes a message apart into records, whatever envelope they stand in.
//
// A message is a sequence of JSON documents with blanks (or nothing) between them, which covers
// JSON Lines, one document over many lines, and a byte order mark in front of any of them. A
// document is a record, an envelope (an object with a `records` array), or an array of documents;
// arrays and envelopes may nest a few levels, as Stream Analytics does.
//
// The message is indexed once and walked once. Where that fails, reading goes on piece by piece
// (PieceFinder) from the record that failed: it is rejected, all others live. Which records come
// out does not depend on where a batch ends. Not thread-safe.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "connectors/decode/decode_stats.h"
#include "connectors/decode/json_cursor.h"
#include "connectors/decode/piece_finder.h"
#include "connectors/decode/record_walker.h"
#include "connectors/decode/structural_index.h"

namespace keywatch::decode {

class MessageReader {
 public:
  explicit MessageReader(RecordWalker* walker) : walker_(walker) {}

  struct Limits {
    size_t message_bytes = size_t{16} << 20;
    size_t rejects_per_message = 1000;  // what comes after them is set aside in one piece
  };

  // `message` must live until the last Next() for it.
  void Start(std::string_view message, const Limits& limits);

  enum class Step { kRecord, kReject, kEnd };
  // kRecord: the walker holds a record, its text is record(). kReject: see reject().
  Step Next();

  [[nodiscard]] std::string_view record() const { return record_; }
  struct Reject {
    RejectReason reason = RejectReason::kNotJson;
    const char* detail = "";
    size_t position = 0;     // in the message
    std::string_view bytes;  // of the message
  };
  [[nodiscard]] const Reject& reject() const { return reject_; }
  [[nodiscard]] bool salvaging() const { return salvage_.has_value(); }

 private:
  // What is open around the next value.
  enum class Frame : uint8_t {
    kArray,         // elements; the next one, or the end, comes first
    kArrayNext,     // elements; a comma or the end comes first
    kEnvelope,      // members of an envelope; a name or the end comes first
    kEnvelopeNext,  // members; a comma or the end comes first
  };

  Step NextWhole();
  bool StepWhole(std::optional<Step>* out);
  bool StepArray(std::optional<Step>* out);
  bool StepEnvelope();
  bool ReadValue(std::optional<Step>* out);
  bool ReadObject(std::optional<Step>* out);
  bool Push(Frame frame);
  void EndValue();

  void StartSalvage(size_t position);
  Step NextPiece();
  std::optional<Step> ReadPiece();
  std::optional<Step> ReadGarbage();
  std::optional<Step> SkipEnvelopeRest();
  bool RecordFrom(std::string_view piece);
  Step MakeReject(RejectReason reason, const char* detail, size_t position, std::string_view bytes);
  Step RejectPiece(const Piece& piece);

  RecordWalker* walker_;
  Limits limits_;
  StructuralIndex index_;
  std::string_view message_;
  JsonCursor cursor_;
  std::vector<Frame> frames_;
  std::optional<PieceFinder> salvage_;
  size_t at_ = 0;           // salvage: the next byte
  size_t value_begin_ = 0;  // of the document or element that is being read
  size_t rejects_ = 0;
  bool ended_ = false;
  std::string_view record_;
  Reject reject_;
};

}  // namespace keywatch::decode
