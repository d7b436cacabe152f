#include "connectors/blob/line_stream.h"

#include <algorithm>
#include <utility>

namespace keywatch::blob {
namespace {

// Of a line that is too long, what the decoder gets to see and to set aside.
constexpr size_t kLongLineBytes = size_t{64} << 10;

// The last kCheckBytes of `before` and `text` together.
void KeepLast(std::string_view text, std::string* before) {
  constexpr auto kKept = static_cast<size_t>(kCheckBytes);
  if (text.size() >= kKept) {
    before->assign(text.substr(text.size() - kKept));
    return;
  }
  before->append(text);
  if (before->size() > kKept)
    before->erase(0, before->size() - kKept);
}

}  // namespace

std::optional<Ticks> TimeOfLine(std::string_view line) {
  constexpr std::string_view kName = "\"time\"";
  size_t at = line.find(kName);
  if (at == std::string_view::npos)
    return std::nullopt;
  std::string_view rest = line.substr(at + kName.size());
  size_t begin = rest.find_first_not_of(" \t:");
  if (begin == std::string_view::npos || rest[begin] != '"')
    return std::nullopt;
  rest.remove_prefix(begin + 1);
  size_t end = rest.substr(0, 40).find('"');
  if (end == std::string_view::npos)
    return std::nullopt;
  return record::ParseIsoDatetime(rest.substr(0, end));
}

LineStream::LineStream(const BlobState& blob, int64_t end, bool final)
    : end_(std::max(end, blob.offset)),
      final_(final),
      start_(blob.offset),
      asked_(blob.offset),
      checked_asked_(blob.offset == 0 || blob.documents),
      checked_(checked_asked_),
      start_check_(blob.check),
      fed_(blob.offset),
      carry_offset_(blob.offset),
      offset_(blob.offset) {
  if (blob.documents)
    form_ = file::FileForm::kDocuments;
  else if (blob.offset > 0)
    form_ = file::FileForm::kLines;
}

Range LineStream::NextRange(size_t bytes) {
  if (all_asked())
    return {};
  Range range;
  bool with_check = asked_ > start_ || !checked_asked_;
  range.begin = asked_ - (with_check ? std::min(asked_, kCheckBytes) : 0);
  range.end = std::min(end_, asked_ + static_cast<int64_t>(bytes));
  asked_ = range.end;
  checked_asked_ = true;
  return range;
}

bool LineStream::Feed(std::shared_ptr<const Chunk> chunk) {
  std::string_view bytes = chunk->bytes;
  auto overlap = static_cast<size_t>(fed_ - chunk->offset);
  if (overlap > bytes.size())
    return false;
  std::string_view before = bytes.substr(0, overlap);
  if (!checked_ && CheckOf(before) != start_check_)
    return false;
  if (!fed_tail_.empty() &&
      !before.ends_with(fed_tail_.substr(fed_tail_.size() - std::min(fed_tail_.size(), overlap))))
    return false;
  if (!checked_)
    last_bytes_ = before;
  checked_ = true;
  KeepLast(bytes, &fed_tail_);
  std::string_view fresh = bytes.substr(overlap);
  fed_ += static_cast<int64_t>(fresh.size());
  if (form_ == file::FileForm::kUndecided) {
    FeedUndecided(chunk, fresh);
  } else if (documents()) {
    FeedDocuments(fresh);
  } else {
    FeedLines(chunk, fresh);
  }
  if (fed() && !documents())
    FinishCarry();
  return true;
}

void LineStream::FeedUndecided(const std::shared_ptr<const Chunk>& chunk, std::string_view fresh) {
  bool first = carry_.empty();
  if (!first)
    carry_ += fresh;
  std::string_view head = first ? fresh : std::string_view(carry_);
  bool at_end = fed_ >= end_ && final_;
  form_ = file::ClassifyHead(head, at_end);
  bool undecided = form_ == file::FileForm::kUndecided;
  if (undecided && (at_end || head.size() > kLongestLine))
    undecided = false;
  if (undecided) {
    if (first)
      carry_ = fresh;
    return;
  }
  if (form_ == file::FileForm::kDocuments) {
    std::string all = first ? std::string(fresh) : std::exchange(carry_, "");
    FeedDocuments(all);
    return;
  }
  form_ = file::FileForm::kLines;  // the decoder says what is wrong with anything else
  if (first) {
    FeedLines(chunk, fresh);
    return;
  }
  auto whole = std::make_shared<Chunk>();
  whole->offset = carry_offset_;
  whole->bytes = std::exchange(carry_, "");
  FeedLines(whole, whole->bytes);
}

// `fresh` is the end of `chunk`, and goes on where carry_ ends.
void LineStream::FeedLines(const std::shared_ptr<const Chunk>& chunk, std::string_view fresh) {
  if (skipping_)
    Skip(&fresh);
  if (!carry_.empty() && !skipping_) {
    size_t newline = fresh.find('\n');
    size_t length = newline == std::string_view::npos ? fresh.size() : newline + 1;
    carry_ += fresh.substr(0, length);
    fresh.remove_prefix(length);
    if (newline != std::string_view::npos)
      AddCarry(carry_.size());
  }
  if (carry_.empty() && !fresh.empty()) {
    size_t whole = fresh.rfind('\n') + 1;  // npos + 1 is 0
    if (whole > 0)
      AddSegment(chunk, fresh.substr(0, whole), carry_offset_);
    carry_offset_ += static_cast<int64_t>(whole);
    carry_ = fresh.substr(whole);
  }
  if (!skipping_ && carry_.size() > kLongestLine) {
    skipping_ = true;
    skipped_tail_ = carry_.substr(carry_.size() - static_cast<size_t>(kCheckBytes));
    cut_bytes_ += static_cast<int64_t>(carry_.size() - kLongLineBytes);
    carry_.resize(kLongLineBytes);
    carry_.shrink_to_fit();
  }
}

// On to the end of a line that is too long.
void LineStream::Skip(std::string_view* fresh) {
  size_t newline = fresh->find('\n');
  size_t length = newline == std::string_view::npos ? fresh->size() : newline + 1;
  KeepLast(fresh->substr(0, length), &skipped_tail_);
  cut_bytes_ += static_cast<int64_t>(length);
  fresh->remove_prefix(length);
  if (newline == std::string_view::npos)
    return;
  skipping_ = false;
  auto line = std::make_shared<std::string>(std::exchange(carry_, ""));
  Segment segment;
  segment.text = *line;
  segment.owner = std::move(line);
  segment.offset = carry_offset_;
  segment.next = fed_ - static_cast<int64_t>(fresh->size());
  segment.last = std::exchange(skipped_tail_, "");
  carry_offset_ = segment.next;
  segments_.push_back(std::move(segment));
}

void LineStream::AddSegment(std::shared_ptr<const void> owner,
                            std::string_view text,
                            int64_t offset) {
  Segment segment;
  segment.owner = std::move(owner);
  segment.text = text;
  segment.offset = offset;
  segment.next = offset + static_cast<int64_t>(text.size());
  segments_.push_back(std::move(segment));
}

// The first bytes of carry_ are whole lines.
void LineStream::AddCarry(size_t bytes) {
  auto lines = std::make_shared<std::string>(carry_.substr(0, bytes));
  carry_.erase(0, bytes);
  std::string_view text = *lines;
  AddSegment(std::move(lines), text, carry_offset_);
  carry_offset_ += static_cast<int64_t>(bytes);
}

file::After LineStream::After() const {
  if (fed_ < end_)
    return file::After::kMore;
  return final_ ? file::After::kNothing : file::After::kGrowth;
}

// The last line may be whole without a line end.
void LineStream::FinishCarry() {
  if (carry_.empty() || skipping_ || form_ != file::FileForm::kLines)
    return;
  size_t whole = file::CutLines(carry_, carry_.size(), After()).consumed;
  if (whole > 0)
    AddCarry(whole);
}

void LineStream::FeedDocuments(std::string_view fresh) {
  carry_ += fresh;
  file::Cut cut = file::CutDocuments(carry_, After());
  if (cut.pieces.empty() && carry_.size() > kLongestLine) {
    cut.pieces.push_back({0, kLongLineBytes});
    cut.consumed = carry_.size();
    cut_bytes_ += static_cast<int64_t>(carry_.size() - kLongLineBytes);
  }
  auto text = std::make_shared<std::string>(carry_.substr(0, cut.consumed));
  for (const file::Piece& piece : cut.pieces) {
    AddSegment(text,
               std::string_view(*text).substr(piece.begin, piece.size),
               carry_offset_ + static_cast<int64_t>(piece.begin));
  }
  const int64_t next = carry_offset_ + static_cast<int64_t>(cut.consumed);
  if (!segments_.empty())
    segments_.back().next = next;
  else
    offset_ = next;  // blanks alone
  carry_.erase(0, cut.consumed);
  carry_offset_ += static_cast<int64_t>(cut.consumed);
}

Ticks LineStream::HeadTime() {
  if (!head_time_) {
    std::string_view text = segments_.front().text;
    if (!documents())
      text = text.substr(0, text.find('\n'));
    newest_ = std::max(newest_, TimeOfLine(text).value_or(0));
    head_time_ = newest_;
  }
  return *head_time_;
}

LineRun LineStream::Take(Ticks limit, size_t most) {
  Segment& segment = segments_.front();
  size_t length = segment.text.size();
  if (!documents() && limit == record::kMaxDatetime && length > most) {
    size_t last = segment.text.substr(0, most).rfind('\n');
    if (last == std::string_view::npos)
      last = segment.text.find('\n', most);
    length = last == std::string_view::npos ? length : last + 1;
  } else if (!documents() && limit != record::kMaxDatetime) {
    length = 0;
    do {
      size_t newline = segment.text.find('\n', length);
      length = newline == std::string_view::npos ? segment.text.size() : newline + 1;
      if (length >= segment.text.size() || length >= most)
        break;
      std::string_view line = segment.text.substr(length);
      newest_ = std::max(newest_, TimeOfLine(line.substr(0, line.find('\n'))).value_or(0));
    } while (newest_ <= limit);
  }
  head_time_.reset();
  LineRun run{segment.owner, segment.text.substr(0, length), segment.offset};
  bool whole = length == segment.text.size();
  KeepLast(whole && !segment.last.empty() ? std::string_view(segment.last) : run.text,
           &last_bytes_);
  if (whole) {
    offset_ = segment.next;
    segments_.pop_front();
  } else {
    segment.text.remove_prefix(length);
    segment.offset += static_cast<int64_t>(length);
    offset_ = segment.offset;
  }
  return run;
}

}  // namespace keywatch::blob
