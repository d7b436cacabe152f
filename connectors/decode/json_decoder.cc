#include "connectors/decode/json_decoder.h"

#include <algorithm>

namespace keywatch::decode {
namespace {

constexpr std::string_view kAuditEvent = "auditevent";

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
  });
}

}  // namespace

JsonDecoder::JsonDecoder(const record::BatchLayout& layout, const DecodeLimits& limits)
    : limits_(limits),
      core_{
          {record_plan_.AddSlot("time"), record_plan_.AddSlot("properties_time")},
          {record_plan_.AddSlot("category"), record_plan_.AddSlot("properties_category")},
          {record_plan_.AddSlot("resourceid"), record_plan_.AddSlot("properties_resourceid")},
          {record_plan_.AddSlot("operationname"), record_plan_.AddSlot("properties_operationname")},
          {record_plan_.AddSlot("correlationid"), record_plan_.AddSlot("properties_correlationid")},
          {record_plan_.AddSlot("properties_requesturi"), record_plan_.AddSlot("requesturi")},
          {record_plan_.AddIdentitySlot("identity"),
           record_plan_.AddIdentitySlot("properties_identity")}},
      writer_(layout, &record_plan_, &identity_plan_),
      walker_(&record_plan_),
      identities_(&identity_plan_, &writer_.identity_columns()),
      reader_(&walker_) {}

void JsonDecoder::Decode(const pipeline::RawBatch& batch,
                         size_t* next,
                         record::RecordBatch* out,
                         const RejectFunction& reject) {
  Begin(out);
  out->read_time = batch.read_time;
  while (*next < batch.messages.size()) {
    const pipeline::RawMessage& message = batch.messages[*next];
    if (!Resumes(message)) {
      ++stats_.messages;
      index_ = 0;
      MessageReader::Limits limits;
      limits.message_bytes = limits_.message_bytes;
      reader_.Start(message.bytes, limits);
    }
    open_ = {};
    MessageReader::Step step = MessageReader::Step::kEnd;
    while (rows_ < limits_.batch_rows && (step = reader_.Next()) != MessageReader::Step::kEnd) {
      if (step == MessageReader::Step::kRecord) {
        AddRecord(message, out, reject);
      } else {
        Reject(message, reader_.reject(), reject);
      }
      ++index_;
    }
    if (rows_ >= limits_.batch_rows) {
      open_ = message.bytes;
      open_offset_ = message.offset;
      break;
    }
    if (reader_.salvaging())
      ++stats_.salvaged_messages;
    ++*next;
  }
  Finish(out);
}

bool JsonDecoder::Resumes(const pipeline::RawMessage& message) const {
  return !open_.empty() && open_.data() == message.bytes.data() &&
         open_.size() == message.bytes.size() && open_offset_ == message.offset;
}

void JsonDecoder::Begin(record::RecordBatch* out) {
  KeepBounds();
  rows_ = 0;
  out->rows = 0;
  out->event_time.resize(limits_.batch_rows);
  out->record_id.resize(limits_.batch_rows);
  out->raw.resize(limits_.batch_rows);
  out->origin.resize(limits_.batch_rows);
  writer_.Begin(limits_.batch_rows, out);
}

void JsonDecoder::KeepBounds() {
  if (writer_.largest_dictionary() <= limits_.dictionary_entries &&
      identities_.size() <= limits_.identities &&
      writer_.dictionary_bytes() + identities_.bytes() <= limits_.dictionary_bytes) {
    return;
  }
  ++stats_.dictionary_resets;
  writer_.Clear();
  identities_.Clear();
}

void JsonDecoder::Finish(record::RecordBatch* out) {
  out->rows = rows_;
  writer_.Finish(rows_);
  out->event_time.resize(rows_);
  out->record_id.resize(rows_);
  out->raw.resize(rows_);
  out->origin.resize(rows_);
}

const Token* JsonDecoder::Find(SlotPair pair) const {
  const Token* token = walker_.Find(pair.slot);
  return token != nullptr ? token : walker_.Find(pair.twin);
}

std::string_view JsonDecoder::TextAt(SlotPair pair, std::string* scratch) const {
  const Token* token = Find(pair);
  return token == nullptr ? std::string_view() : TextOf(*token, scratch);
}

bool JsonDecoder::IsAuditEvent() {
  const Token* category = Find(core_.category);
  return category == nullptr || EqualsIgnoringCase(TextOf(*category, &scratch_[0]), kAuditEvent);
}

// A time far ahead of the clock would make everything after it look late. As Log Analytics does, a
// record more than a day ahead gets the time it was received.
record::Ticks JsonDecoder::EventTime(record::Ticks time,
                                     const pipeline::RawMessage& message,
                                     record::Ticks read_time) {
  record::Ticks received = message.broker_time > 0 ? message.broker_time : read_time;
  if (received == 0 || time <= received + record::kTicksPerDay)
    return time;
  ++stats_.future_times;
  return received;
}

void JsonDecoder::AddRecord(const pipeline::RawMessage& message,
                            record::RecordBatch* out,
                            const RejectFunction& reject) {
  const Token* identity = Find(core_.identity);
  uint64_t hash = identity == nullptr ? 0 : identities_.Prepare(*identity);
  writer_.Prepare(walker_);
  const KnownResource& resource = writer_.Resource(TextAt(core_.resource, &scratch_[0]));
  bool audit_event = IsAuditEvent();
  std::optional<record::Ticks> ticks = ReadTime();
  if (identity != nullptr)
    identities_.Approach(hash);
  uint64_t id = RecordId(ticks.value_or(0), resource);
  const Claims* claims = nullptr;
  if (identity != nullptr) {
    IdentityMemo::Outcome outcome = identities_.Read(*identity, hash, &stats_, &claims);
    if (outcome != IdentityMemo::Outcome::kRead) {
      bool deep = outcome == IdentityMemo::Outcome::kTooDeep;
      RejectRecord(deep ? RejectReason::kTooDeep : RejectReason::kNotJson,
                   "expected JSON in identity, found something else",
                   identity,
                   message,
                   reject);
      return;
    }
  }
  if (!audit_event) {
    ++stats_.other_category;
    return;
  }
  if (!ticks) {
    const Token* time = Find(core_.time);
    bool missing = time == nullptr;
    RejectRecord(missing ? RejectReason::kMissingTime : RejectReason::kBadTime,
                 missing ? "expected a member `time`, found none"
                         : "expected `time` as in 2026-01-31T00:00:00.000Z, found another form",
                 time,
                 message,
                 reject);
    return;
  }
  if (walker_.saw_duplicate() || (claims != nullptr && claims->duplicate))
    ++stats_.duplicate_names;
  out->event_time[rows_] = EventTime(*ticks, message, out->read_time);
  out->record_id[rows_] = id;
  out->raw[rows_] = reader_.record();
  out->origin[rows_] = {message.origin, message.offset, index_, message.broker_time};
  writer_.Write(rows_, walker_, resource, claims, &stats_);
  ++rows_;
  ++stats_.rows;
}

std::optional<record::Ticks> JsonDecoder::ReadTime() {
  const Token* time = Find(core_.time);
  if (time == nullptr || time->kind != TokenKind::kString)
    return std::nullopt;
  return times_.Read(TextOf(*time, &scratch_[0]));
}

uint64_t JsonDecoder::RecordId(record::Ticks time, const KnownResource& resource) {
  record::RecordIdentity identity;
  identity.resource = resource.hash;
  identity.time = time;
  identity.correlation_id = TextAt(core_.correlation, &scratch_[1]);
  identity.operation = TextAt(core_.operation, &scratch_[2]);
  identity.request_uri = TextAt(core_.uri, &scratch_[3]);
  return record::HashRecordIdentity(identity);
}

// Sets the whole record aside; `at`: where the fault is, null: the record as such.
void JsonDecoder::RejectRecord(RejectReason reason,
                               const char* detail,
                               const Token* at,
                               const pipeline::RawMessage& message,
                               const RejectFunction& reject) {
  std::string_view raw = reader_.record();
  const char* place = at == nullptr ? raw.data() : at->begin;
  Reject(message, {reason, detail, static_cast<size_t>(place - message.bytes.data()), raw}, reject);
}

void JsonDecoder::Reject(const pipeline::RawMessage& message,
                         const MessageReader::Reject& reject,
                         const RejectFunction& hand_over) {
  ++stats_.rejected[static_cast<size_t>(reject.reason)];
  pipeline::RejectedRecord rejected;
  rejected.reason = ReasonName(reject.reason);
  rejected.detail = reject.detail;
  if (message.origin != nullptr)
    rejected.origin = *message.origin;
  rejected.offset = message.offset;
  rejected.byte_position = reject.position;
  rejected.bytes = reject.bytes;
  hand_over(rejected);
}

}  // namespace keywatch::decode
