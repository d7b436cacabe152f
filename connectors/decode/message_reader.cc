#include "connectors/decode/message_reader.h"

#include <algorithm>

namespace keywatch::decode {
namespace {

constexpr size_t kDeepestEnvelope = 8;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr size_t kRecordsQuoted = 9;

bool IsRecordsName(std::string_view name) {
  constexpr std::string_view kLower = "records";
  return std::equal(name.begin(), name.end(), kLower.begin(), kLower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
  });
}

bool IsRecordsQuoted(std::string_view text) {
  return text.size() > kRecordsQuoted && text[0] == '"' && text[kRecordsQuoted - 1] == '"' &&
         IsRecordsName(text.substr(1, kRecordsQuoted - 2));
}

}  // namespace

void MessageReader::Start(std::string_view message, const Limits& limits) {
  message_ = message;
  limits_ = limits;
  frames_.clear();
  salvage_.reset();
  at_ = value_begin_ = rejects_ = 0;
  ended_ = false;
  if (message_.size() > limits_.message_bytes)
    return;
  std::string_view text = message_;
  if (text.starts_with(kByteOrderMark))
    text.remove_prefix(kByteOrderMark.size());
  value_begin_ = message_.size() - text.size();
  if (index_.Build(text) == StructuralIndex::Outcome::kOk) {
    cursor_ = JsonCursor(text, index_);
  } else {
    StartSalvage(value_begin_);
  }
}

MessageReader::Step MessageReader::Next() {
  if (ended_)
    return Step::kEnd;
  if (message_.size() > limits_.message_bytes) {
    ended_ = true;
    return MakeReject(RejectReason::kTooLong,
                      "expected a message within the limit, found a longer one",
                      limits_.message_bytes,
                      message_);
  }
  if (!salvage_) {
    Step step = NextWhole();
    if (!salvage_)
      return step;
  }
  return NextPiece();
}

// Until a record is found or the message ends; where the JSON breaks, salvage begins at the value
// that is broken.
MessageReader::Step MessageReader::NextWhole() {
  std::optional<Step> out;
  while (!out) {
    if (StepWhole(&out))
      continue;
    StartSalvage(value_begin_);
    return Step::kEnd;
  }
  return *out;
}

bool MessageReader::StepWhole(std::optional<Step>* out) {
  if (frames_.empty()) {
    if (cursor_.AtEnd()) {
      ended_ = true;
      *out = Step::kEnd;
      return true;
    }
    return ReadValue(out);
  }
  bool array = frames_.back() == Frame::kArray || frames_.back() == Frame::kArrayNext;
  return array ? StepArray(out) : StepEnvelope();
}

bool MessageReader::StepArray(std::optional<Step>* out) {
  value_begin_ = static_cast<size_t>(cursor_.Here() - message_.data());
  if (cursor_.Skip(']')) {
    frames_.pop_back();
    EndValue();
    return true;
  }
  if (frames_.back() == Frame::kArrayNext && !cursor_.Skip(','))
    return false;
  return ReadValue(out);
}

bool MessageReader::StepEnvelope() {
  value_begin_ = static_cast<size_t>(cursor_.Here() - message_.data());
  if (cursor_.Skip('}')) {
    frames_.pop_back();
    EndValue();
    return true;
  }
  if (frames_.back() == Frame::kEnvelopeNext && !cursor_.Skip(','))
    return false;
  Token name;
  if (cursor_.Peek() != '"' || !cursor_.ReadScalar(&name) || !cursor_.Skip(':'))
    return false;
  frames_.back() = Frame::kEnvelopeNext;
  if (IsRecordsName(name.inside()) && cursor_.Peek() == '[') {
    cursor_.Advance();
    return Push(Frame::kArray);
  }
  return cursor_.SkipValue(1);
}

bool MessageReader::ReadValue(std::optional<Step>* out) {
  value_begin_ = static_cast<size_t>(cursor_.Here() - message_.data());
  switch (cursor_.Peek()) {
    case '{':
      return ReadObject(out);
    case '[':
      cursor_.Advance();
      return Push(Frame::kArray);
    default:
      break;
  }
  Token token;
  if (!cursor_.ReadScalar(&token))
    return false;
  EndValue();
  *out = MakeReject(RejectReason::kNotAnObject,
                    "expected a record object, found another JSON value",
                    value_begin_,
                    token.text());
  return true;
}

bool MessageReader::ReadObject(std::optional<Step>* out) {
  const uint32_t* place = cursor_.place();
  if (cursor_.Peek(2) == ':' && cursor_.Peek(3) == '[' && IsRecordsQuoted(cursor_.Text(1))) {
    cursor_.Advance();
    return Push(Frame::kEnvelope);
  }
  if (!walker_->Walk(cursor_))
    return false;
  if (walker_->saw_records()) {
    cursor_.Return(place);
    cursor_.Advance();
    return Push(Frame::kEnvelope);
  }
  const char* begin = message_.data() + value_begin_;
  const char* end = cursor_.text() + cursor_.place()[-1] + 1;
  record_ = {begin, static_cast<size_t>(end - begin)};
  EndValue();
  *out = Step::kRecord;
  return true;
}

bool MessageReader::Push(Frame frame) {
  if (frames_.size() >= kDeepestEnvelope)
    return false;
  frames_.push_back(frame);
  return true;
}

void MessageReader::EndValue() {
  if (!frames_.empty() && frames_.back() == Frame::kArray)
    frames_.back() = Frame::kArrayNext;
}

void MessageReader::StartSalvage(size_t position) {
  salvage_.emplace(message_);
  at_ = position;
}

MessageReader::Step MessageReader::NextPiece() {
  std::optional<Step> out;
  while (!out) {
    if (rejects_ >= limits_.rejects_per_message) {
      ended_ = true;
      return MakeReject(RejectReason::kNotJson,
                        "expected JSON, found too many damaged pieces",
                        at_,
                        message_.substr(at_));
    }
    bool array = !frames_.empty() &&
                 (frames_.back() == Frame::kArray || frames_.back() == Frame::kArrayNext);
    if (!frames_.empty() && !array) {
      out = SkipEnvelopeRest();
    } else {
      out = ReadPiece();
    }
  }
  return *out;
}

std::optional<MessageReader::Step> MessageReader::SkipEnvelopeRest() {
  PieceFinder::Rest rest = salvage_->EnvelopeRest(at_);
  at_ = rest.at;
  if (!rest.records || !Push(Frame::kArray))
    frames_.pop_back();
  if (rest.records || rest.ended || rejects_ > 0)
    return std::nullopt;
  return MakeReject(
      RejectReason::kTruncated, "expected the end of an envelope, found none", at_, {});
}

std::optional<MessageReader::Step> MessageReader::ReadPiece() {
  at_ = salvage_->SkipBlanks(at_);
  if (message_.substr(at_).starts_with(kByteOrderMark))
    at_ += kByteOrderMark.size();
  if (at_ >= message_.size()) {
    ended_ = true;
    if (frames_.empty() || rejects_ > 0)
      return Step::kEnd;
    return MakeReject(RejectReason::kTruncated,
                      "expected the end of an array, found the end of the text",
                      message_.size(),
                      {});
  }
  char c = message_[at_];
  bool in_array = !frames_.empty();
  if (in_array && (c == ',' || c == ']')) {
    ++at_;
    if (c == ']')
      frames_.pop_back();
    return std::nullopt;
  }
  if (c == '[' && Push(Frame::kArray)) {
    ++at_;
    return std::nullopt;
  }
  if (c != '{')
    return ReadGarbage();
  size_t records = salvage_->EnvelopeAt(at_);
  if (records != 0 && frames_.size() + 2 <= kDeepestEnvelope) {
    frames_.push_back(Frame::kEnvelopeNext);
    frames_.push_back(Frame::kArray);
    at_ = records;
    return std::nullopt;
  }
  Piece piece = in_array ? salvage_->Element(at_) : salvage_->Document(at_);
  value_begin_ = at_;
  at_ = piece.end;
  record_ = message_.substr(value_begin_, piece.end - value_begin_);
  if (!RecordFrom(record_))
    return RejectPiece(piece);
  if (!walker_->saw_records())
    return Step::kRecord;
  // An envelope whose `records` is not its first member.
  frames_.push_back(Frame::kEnvelope);
  at_ = value_begin_ + 1;
  return std::nullopt;
}

// What is no object: up to the next line by itself, up to the next comma or bracket in an array.
std::optional<MessageReader::Step> MessageReader::ReadGarbage() {
  size_t begin = at_;
  size_t end = salvage_->LineEnd(begin);
  if (!frames_.empty()) {
    end = message_.find_first_of(",{]", begin + 1);
    if (end == std::string_view::npos)
      end = message_.size();
  }
  at_ = end;
  return MakeReject(RejectReason::kNotJson,
                    "expected a record object, found something else",
                    begin,
                    message_.substr(begin, end - begin));
}

bool MessageReader::RecordFrom(std::string_view piece) {
  StructuralIndex::Outcome outcome = index_.Build(piece);
  cursor_ = JsonCursor(piece, index_);
  reject_.position = value_begin_;
  switch (outcome) {
    case StructuralIndex::Outcome::kOk:
      break;
    case StructuralIndex::Outcome::kInvalidUtf8:
      reject_.reason = RejectReason::kInvalidUtf8;
      reject_.detail = "expected UTF-8, found other bytes";
      return false;
    case StructuralIndex::Outcome::kOpenString:
      reject_.reason = RejectReason::kTruncated;
      reject_.detail = "expected the end of a string, found the end of the record";
      return false;
    case StructuralIndex::Outcome::kControlInString:
      reject_.reason = RejectReason::kNotJson;
      reject_.detail = "expected an escape, found a control character inside a string";
      return false;
    case StructuralIndex::Outcome::kNoMemory:
      reject_.reason = RejectReason::kTooLong;
      reject_.detail = "expected a record that fits memory, found a longer one";
      return false;
  }
  if (walker_->Walk(cursor_) && cursor_.AtEnd())
    return true;
  reject_.position = value_begin_ + cursor_.Position();
  switch (cursor_.error()) {
    case JsonError::kTooDeep:
      reject_.reason = RejectReason::kTooDeep;
      reject_.detail = "expected at most 63 levels of nesting, found more";
      break;
    case JsonError::kEnd:
      reject_.reason = RejectReason::kTruncated;
      reject_.detail = "expected more of the record, found its end";
      break;
    default:
      reject_.reason = RejectReason::kNotJson;
      reject_.detail = "expected JSON, found something else at byte_position";
  }
  return false;
}

MessageReader::Step MessageReader::RejectPiece(const Piece& piece) {
  return MakeReject(reject_.reason,
                    reject_.detail,
                    reject_.position,
                    message_.substr(value_begin_, piece.end - value_begin_));
}

MessageReader::Step MessageReader::MakeReject(RejectReason reason,
                                              const char* detail,
                                              size_t position,
                                              std::string_view bytes) {
  ++rejects_;
  reject_ = {reason, detail, position, bytes};
  return Step::kReject;
}

}  // namespace keywatch::decode
