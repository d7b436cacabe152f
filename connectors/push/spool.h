// What was pushed and is not evaluated yet, on disk: an append-only log in files of bounded size.
//
// Append returns when the bytes are durable; requests that come at the same time share one fsync.
// One thread reads in order. Release says which bytes a snapshot covers: files below are deleted,
// except that those of the last snapshots stay as long as there is room, because a start may have
// to fall back on an older one. After a crash each file is taken up to its first entry that is not
// whole: what follows was never acknowledged.
//
// Bounds: `most_bytes` that no snapshot covers, then Append refuses; on disk twice that and a file.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/push/spool_segment.h"
#include "engine/base/status.h"

namespace keywatch::push {

struct SpoolOptions {
  std::string folder;
  int64_t most_bytes = int64_t{1} << 30;
  int64_t segment_bytes = int64_t{64} << 20;
  size_t snapshots_kept = 3;
};

struct SpoolState {
  int64_t bytes = 0;           // not covered by a snapshot
  int64_t unread_entries = 0;  // appended, or found at the start, and not read yet
  uint64_t lost_bytes = 0;     // of files that were damaged, not at the end of the last one
  std::string problem;         // why nothing can be appended; "" if it can
};

// Entries in one piece of memory.
struct SpoolBatch {
  struct Entry {
    int64_t position = 0;
    std::string_view payload;
  };
  std::shared_ptr<const std::string> memory;
  std::vector<Entry> entries;
  int64_t next = 0;  // position after them
};

class Spool {
 public:
  // Takes up what lies in the folder from `position` on (0: all of it); makes the folder if it is
  // not there.
  static Result<std::unique_ptr<Spool>> Open(SpoolOptions options, int64_t position);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Any thread. kExhausted: full; kUnavailable: the disk does not take it. Then nothing of it will
  // be read.
  Status Append(std::string_view payload);
  // Whether Append would take so much now.
  [[nodiscard]] bool HasRoom(size_t payload_bytes) const;

  // At most about `most_bytes`, but at least one entry, within `timeout`; no entries if there are
  // none. One thread.
  Result<SpoolBatch> Read(size_t most_bytes, std::chrono::milliseconds timeout);
  // A snapshot covers everything before `position`.
  void Release(int64_t position);

  [[nodiscard]] SpoolState State() const;

 private:
  struct Segment {
    int64_t size = 0;  // durable, sound bytes
    int64_t entries = 0;
  };
  // Appends that share a write and an fsync.
  struct Group {
    std::string bytes;
    int64_t entries = 0;
    bool done = false;
    Status status;
  };

  explicit Spool(SpoolOptions options) : options_(std::move(options)) {}
  Status Recover(int64_t position);
  Status TakeUp(uint32_t number, bool last);
  Status Write(const std::string& bytes, int64_t size);
  Status StartSegment(uint32_t number);
  Status ReadAt(SpoolPlace place, size_t bytes, std::string* out);
  [[nodiscard]] std::string Path(uint32_t number) const;
  // With the mutex held.
  void RunGroup(std::unique_lock<std::mutex>* lock);
  [[nodiscard]] bool HasRoomLocked(size_t payload_bytes) const;
  [[nodiscard]] int64_t BytesFrom(const SpoolPlace& place) const;
  [[nodiscard]] bool FindUnread();
  void DeleteBelow(uint32_t number);

  const SpoolOptions options_;

  // Of the thread that reads.
  int read_file_ = -1;
  uint32_t read_segment_ = 0;

  // Of the thread that writes: the one that runs a group.
  int write_file_ = -1;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::map<uint32_t, Segment> segments_;
  uint32_t writing_to_ = 0;  // the newest segment's number; 0: none yet
  bool must_roll_ = true;    // the next group begins a file
  bool writing_ = false;
  std::shared_ptr<Group> group_ = std::make_shared<Group>();
  SpoolPlace read_place_;
  SpoolPlace covered_;                // by the newest snapshot
  std::deque<SpoolPlace> snapshots_;  // the last ones, oldest first
  int64_t unread_entries_ = 0;
  uint64_t lost_bytes_ = 0;
  std::string problem_;
};

}  // namespace keywatch::push
