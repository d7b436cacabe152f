#include "connectors/file/follow_source.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include <fmt/core.h>

#include "connectors/file/raw_batch.h"
#include "engine/base/log.h"

namespace keywatch::file {

FileFollow::FileFollow(FileSourceOptions options, FollowOptions follow)
    : options_(std::move(options)), follow_(follow), pool_(options_.limits.block_bytes) {}

Status FileFollow::Open(const pipeline::Positions& restored) {
  book_ = PositionBook(restored);
  Scan(true);
  next_scan_ = Clock::now() + follow_.scan_interval;
  return {};
}

Result<pipeline::RawBatch> FileFollow::Poll(std::chrono::milliseconds timeout) {
  Clock::time_point deadline = Clock::now() + timeout;
  while (true) {
    Clock::time_point now = Clock::now();
    if (now >= next_scan_) {
      Scan(false);
      next_scan_ = now + follow_.scan_interval;
    }
    // One file until it is read as far as it went at the last scan: old files come whole and in
    // order, and one that grows without end does not keep the others waiting.
    for (size_t i = 0; i < tracked_.size(); ++i) {
      size_t at = (cursor_ + i) % tracked_.size();
      if (!tracked_[at]->pending)
        continue;
      cursor_ = at;
      std::optional<pipeline::RawBatch> batch = ReadFrom(tracked_[at].get());
      if (batch)
        return WithForgotten(std::move(*batch));
    }
    if (!forgotten_.empty() || now >= deadline) {
      pipeline::RawBatch batch;
      batch.read_time = record::WallNow();
      return WithForgotten(std::move(batch));
    }
    std::this_thread::sleep_until(std::min(deadline, next_scan_));
  }
}

pipeline::RawBatch FileFollow::WithForgotten(pipeline::RawBatch batch) {
  // A file that was begun anew may have got its old key again: then that is the news.
  batch.next.merge(forgotten_);
  forgotten_.clear();
  return batch;
}

bool FileFollow::EnsureOpen(Tracked* tracked) {
  if (tracked->reader)
    return true;
  Result<FileReader> reader = FileReader::Open(tracked->file.path);
  if (!reader) {
    // If it is gone, the next scan finds out.
    if (reader.error().code() != StatusCode::kNotFound)
      NoteProblem(tracked, reader.error());
    tracked->pending = false;
    return false;
  }
  Result<FoundFile> found = reader->Stat();
  if (!found || found->inode != tracked->file.inode || found->device != tracked->file.device) {
    tracked->pending = false;
    return false;
  }
  tracked->reader = std::move(*reader);
  ++open_files_;
  return true;
}

std::optional<pipeline::RawBatch> FileFollow::ReadFrom(Tracked* tracked) {
  if (!EnsureOpen(tracked))
    return std::nullopt;
  if (!LookForCopy(tracked)) {
    CloseSurplus(tracked);  // many packed files may wait for their rest
    return std::nullopt;
  }
  Result<FileRead> read =
      tracked->reader->Read(tracked->offset, tracked->finishing, options_.limits, &pool_);
  if (!read) {
    NoteProblem(tracked, read.error());
    return std::nullopt;
  }
  NoteProgress(tracked, *read);
  if (tracked->packed && read->at_end)
    NoteDamage(tracked);
  std::optional<pipeline::RawBatch> batch;
  if (read->block != nullptr) {
    const std::string* origin = &*origins_.insert(tracked->file.path).first;
    batch = ToRawBatch(std::move(*read), origin, tracked->key, record::WallNow());
  }
  if (!tracked->pending)
    CloseSurplus(tracked);
  return batch;
}

void FileFollow::NoteProgress(Tracked* tracked, const FileRead& read) {
  tracked->problem.clear();
  tracked->disk_error = false;
  tracked->offset = read.next;
  tracked->packed = tracked->reader->packed();
  tracked->raw = tracked->reader->consumed();
  tracked->pending = !read.at_end && (tracked->packed || read.next < tracked->file.size);
  if (tracked->key.empty() && read.next > 0) {
    Result<std::string> head = tracked->reader->Head(kIdentityBytes);
    tracked->identity = IdentityOf(tracked->file, head ? *head : "", read.next);
    tracked->key = FormatKey(tracked->identity);
  }
  if (read.cut_bytes > 0) {
    Log(LogLevel::kError,
        "a line is longer than the limit; its beginning goes to the dead letters, the rest is left "
        "out",
        {{"file", tracked->file.path},
         {"offset", std::to_string(read.offset)},
         {"bytes_left_out", std::to_string(read.cut_bytes)}});
    std::lock_guard lock(mutex_);
    ++counts_.cut_lines;
  }
}

// A packed file that is new may be what became of a plain one that was read: then it goes on where
// that one ended. False: not enough of it has been written yet to tell.
bool FileFollow::LookForCopy(Tracked* tracked) {
  if (tracked->looked_for_copy || !tracked->key.empty() || !tracked->reader->packed())
    return true;
  Result<std::string> head = tracked->reader->Head(kIdentityBytes);
  Result<FoundFile> found = tracked->reader->Stat();
  if (!head || !found)
    return true;  // the read finds out why
  bool settled = Clock::now() >= tracked->changed + follow_.rotation_grace;
  if (head->size() < kIdentityBytes && !settled)
    return false;
  std::optional<KnownPosition> known = book_.Take(*found, *head);
  for (const auto& other : tracked_) {
    if (known || other->key.empty() || other.get() == tracked)
      continue;
    if (MatchIdentity(other->identity, other->offset, *found, *head) == 0)
      continue;
    if (other->pending && !settled)
      return false;  // both would read the rest
    FileIdentity identity = IdentityOf(*found, *head, static_cast<int64_t>(head->size()));
    known = KnownPosition{FormatKey(identity), identity, other->offset};
  }
  tracked->looked_for_copy = true;
  if (known) {
    tracked->key = std::move(known->key);
    tracked->identity = std::move(known->identity);
    tracked->offset = known->offset;
  }
  return true;
}

// A packed file was read as far as it goes.
void FileFollow::NoteDamage(Tracked* tracked) {
  bool may_grow = false;
  Status damage = tracked->reader->Damage(&may_grow);
  tracked->cut = may_grow && !damage.ok();
  if (!damage.ok() && !may_grow) {
    NoteProblem(tracked, damage);
  } else if (damage.ok() && tracked->offset > tracked->reader->text_end()) {
    Restart(tracked, "a packed file is shorter than what it was taken for a copy of");
    tracked->looked_for_copy = true;
    tracked->pending = true;
  }
}

void FileFollow::NoteProblem(Tracked* tracked, const Status& status) {
  tracked->pending = false;
  tracked->disk_error = status.code() != StatusCode::kInvalidInput;
  if (tracked->problem == status.message())
    return;
  tracked->problem = status.message();
  Log(LogLevel::kError, tracked->problem);
  std::lock_guard lock(mutex_);
  health_.problem = tracked->problem;
  if (tracked->disk_error) {
    health_.connected = false;
  } else {
    ++counts_.refused;
  }
}

void FileFollow::CloseSurplus(Tracked* tracked) {
  // One that no path leads to could not be opened again.
  if (!tracked->reader || !tracked->listed || open_files_ <= follow_.max_open_files)
    return;
  tracked->reader.reset();
  --open_files_;
}

void FileFollow::Close() {
  tracked_.clear();
  by_inode_.clear();
  open_files_ = 0;
}

pipeline::SourceHealth FileFollow::Health() const {
  std::lock_guard lock(mutex_);
  return health_;
}

FollowCounts FileFollow::Counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace keywatch::file
