// What the pipeline needs from the outside: sources of messages, a decoder, sinks for alerts.
// The pipeline owns these interfaces; connectors/ implements them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/pipeline/source_error.h"
#include "engine/record/record_batch.h"

namespace keywatch::pipeline {

// Next position to read, by partition: "topic/3" -> Kafka offset, file identity -> byte offset.
using Positions = std::map<std::string, int64_t>;
// As a position: this partition is gone for good, forget it.
inline constexpr int64_t kForgetPosition = -1;

struct RawMessage {
  const std::string* origin = nullptr;  // the partition; lives as long as the source, or the batch
  int64_t offset = 0;
  std::string_view bytes;         // one document of any envelope, or one line
  record::Ticks broker_time = 0;  // 0: unknown
};

struct RawBatch {
  std::vector<RawMessage> messages;
  std::shared_ptr<const void> owner;  // keeps `bytes` alive
  record::Ticks read_time = 0;
  Positions next;    // where reading goes on after this batch, for each partition in it
  bool end = false;  // nothing will ever follow (a file in replay)
};

struct SourceHealth {
  bool connected = false;
  bool assigned = false;     // knows which partitions are its own, and reads them
  std::string problem;       // what to do about it, when not connected or assigned
  int64_t lag_records = -1;  // -1: unknown
  // Since the start: how often records were gone at the source before they were read, and how many
  // were, as far as the source can tell.
  uint64_t gaps = 0;
  uint64_t gap_records = 0;
  SourceErrorCounts errors{};  // failures, also those that the next attempt mended
};

// Yields messages in order per partition. Poll, Commit and Close come from one thread; Health from
// any.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  // Starts reading. A partition in `restored` begins there, any other where the source's own
  // committed position or its default says.
  virtual Status Open(const Positions& restored) = 0;
  // At most `timeout` later, what has arrived; an empty batch if nothing has. An error that
  // retrying cannot mend is returned; what can be mended is retried inside and shows in Health.
  virtual Result<RawBatch> Poll(std::chrono::milliseconds timeout) = 0;
  // Everything before `durable` is covered by a snapshot on disk: the source may commit it outside.
  virtual void Commit(const Positions& durable) = 0;
  virtual void Close() = 0;
  [[nodiscard]] virtual SourceHealth Health() const = 0;
};

// A record, or a whole message, that could not be read. It is set aside in the dead-letter file.
struct RejectedRecord {
  std::string reason;          // one of a fixed few: a metric label
  std::string detail;          // what was expected, what was found
  std::string origin;          // partition or file
  int64_t offset = 0;          // of the message
  uint64_t byte_position = 0;  // in the message, where reading stopped
  std::string_view bytes;      // verbatim; the whole message when no record could be told apart
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  // Decodes messages from `*next` (an index into batch.messages) until about 1,000 rows are filled
  // or the messages are used up; moves `*next`. Rows of one message may span two batches: the
  // decoder remembers where it was. What cannot be read is handed to `reject`.
  virtual void Decode(const RawBatch& batch,
                      size_t* next,
                      record::RecordBatch* out,
                      const std::function<void(const RejectedRecord&)>& reject) = 0;
};

// An alert on its way out: the canonical JSON (docs/formats/alert.md) and what routing looks at.
struct OutgoingAlert {
  std::string id;
  std::string rule_id;
  std::string severity;
  std::string json;
  // The alert of this id is over: `json` says so, and when. Only for sinks that want to know.
  bool ended = false;
};

enum class DeliveryOutcome {
  kAccepted,
  kRetry,   // the receiver may take it later
  kReject,  // the receiver never will: dead letter
};

struct DeliveryResult {
  DeliveryOutcome outcome = DeliveryOutcome::kAccepted;
  std::string reason;                        // "" or one of a fixed few: a metric label
  std::string detail;                        // what the receiver said
  std::chrono::milliseconds retry_after{0};  // what the receiver asked for; 0: nothing
};

// One attempt to hand an alert over. Called by one thread per sink; may block up to its timeout.
class Sink {
 public:
  virtual ~Sink() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  virtual DeliveryResult Deliver(const OutgoingAlert& alert) = 0;
  // Whether Deliver() is to be called with `ended` too. What has been raised comes before its end.
  [[nodiscard]] virtual bool wants_ended() const { return false; }
  // Makes a Deliver() that waits return soon, and every later one at once. Any thread; when
  // stopping.
  virtual void Cancel() {}
};

}  // namespace keywatch::pipeline
