// The lines of one blob, out of the ranges that were read of it. Pure.
//
// Ranges are asked for in order and fed in order. Each begins kCheckBytes before the place where
// the last one ended: the bytes there must be those that were read before, or it is another blob
// by now. A line that is not complete stays unread. Memory: the ranges that were fed and not yet
// taken, and the beginning of one line.
//
// A blob of JSON Lines, which is what Azure Monitor writes since 2018, gives lines; one whose first
// line opens a document that it does not close gives whole documents.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/blob/blob_book.h"
#include "connectors/file/file_form.h"

namespace keywatch::blob {

// A line beyond this is cut: its beginning goes to the dead letters, the rest is left out.
inline constexpr size_t kLongestLine = size_t{16} << 20;

struct Chunk {
  int64_t offset = 0;  // of its first byte in the blob
  std::string bytes;
};

struct Range {
  int64_t begin = 0;
  int64_t end = 0;
  [[nodiscard]] bool empty() const { return begin >= end; }
  [[nodiscard]] size_t size() const { return static_cast<size_t>(end - begin); }
};

// Some whole lines.
struct LineRun {
  std::shared_ptr<const void> owner;  // keeps `text` alive
  std::string_view text;
  int64_t offset = 0;
};

class LineStream {
 public:
  // Reads from where `blob` stands to `end`. `final`: it will not grow.
  LineStream(const BlobState& blob, int64_t end, bool final);

  // What to ask for next, at most about `bytes`; empty: all has been asked for.
  Range NextRange(size_t bytes);
  [[nodiscard]] bool all_asked() const { return asked_ >= end_ && checked_asked_; }

  // The bytes of the ranges, in order. False: it is not the blob that was read before; nothing of
  // this range was taken.
  bool Feed(std::shared_ptr<const Chunk> chunk);
  // All was fed.
  [[nodiscard]] bool fed() const { return all_asked() && fed_ >= end_ && checked_; }
  [[nodiscard]] bool has_line() const { return !segments_.empty(); }

  // Of the next line: the latest time that it, or a line before it, tells of itself (`"time"`); a
  // blob's lines stay in their order. Only with has_line().
  Ticks HeadTime();
  // Lines whose HeadTime() is not above `limit`, but at least one; at most about `most` bytes.
  LineRun Take(Ticks limit, size_t most);

  // After what was taken.
  [[nodiscard]] int64_t offset() const { return offset_; }
  [[nodiscard]] int64_t check() const { return documents() ? 0 : CheckOf(last_bytes_); }
  [[nodiscard]] bool documents() const { return form_ == file::FileForm::kDocuments; }
  // Bytes of lines that were too long, left out.
  [[nodiscard]] int64_t cut_bytes() const { return cut_bytes_; }

 private:
  struct Segment {
    std::shared_ptr<const void> owner;
    std::string_view text;  // whole lines
    int64_t offset = 0;
    int64_t next = 0;  // where reading goes on after it
    std::string last;  // the last bytes before `next`, where they are not those of `text`
  };

  void FeedLines(const std::shared_ptr<const Chunk>& chunk, std::string_view fresh);
  void FeedUndecided(const std::shared_ptr<const Chunk>& chunk, std::string_view fresh);
  void FeedDocuments(std::string_view fresh);
  void AddSegment(std::shared_ptr<const void> owner, std::string_view text, int64_t offset);
  void AddCarry(size_t bytes);
  void Skip(std::string_view* fresh);
  void FinishCarry();
  [[nodiscard]] file::After After() const;

  const int64_t end_;
  const bool final_;
  const int64_t start_;
  file::FileForm form_ = file::FileForm::kUndecided;

  int64_t asked_;              // ranges up to here were asked for
  bool checked_asked_;         // the bytes before the start were asked for
  bool checked_;               // and compared
  const int64_t start_check_;  // what they must hash to
  int64_t fed_;
  std::string fed_tail_;  // the last bytes that were fed

  std::string carry_;         // the beginning of a line or document
  int64_t carry_offset_ = 0;  // where it begins
  bool skipping_ = false;     // carry_ is all that is kept of a line that is too long
  std::string skipped_tail_;  // the last bytes of such a line
  std::deque<Segment> segments_;

  std::optional<Ticks> head_time_;  // of the next line, once it was looked for
  Ticks newest_ = 0;                // the latest time so far
  int64_t offset_;
  std::string last_bytes_;  // before offset_
  int64_t cut_bytes_ = 0;
};

// What the record in this line says of its time, as far as that can be told without reading JSON;
// null if it cannot. Only the order of reading hangs on it.
std::optional<Ticks> TimeOfLine(std::string_view line);

}  // namespace keywatch::blob
