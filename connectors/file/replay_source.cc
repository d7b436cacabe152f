#include "connectors/file/replay_source.h"

#include <utility>

#include <fmt/core.h>

#include "connectors/file/path_expand.h"
#include "connectors/file/raw_batch.h"
#include "engine/base/log.h"

namespace keywatch::file {

namespace {

constexpr size_t kMaxReplayFiles = 1'000'000;
// A pipe cannot be read again: its position is of no use, but for counting.
constexpr char kPipeKey[] = "standard input";

}  // namespace

FileReplay::FileReplay(FileSourceOptions options)
    : options_(std::move(options)), pool_(options_.limits.block_bytes) {}

Status FileReplay::Open(const pipeline::Positions& restored) {
  ExpandedPaths expanded = ExpandPaths(options_.paths, true, kMaxReplayFiles);
  if (!expanded.problems.empty()) {
    std::string message = "cannot read";
    for (const std::string& problem : expanded.problems)
      message += " " + problem + ";";
    message.pop_back();
    return NotFound(std::move(message));
  }
  book_ = PositionBook(restored);
  progress_ = {};
  progress_.files = expanded.files.size();
  for (const FoundFile& file : expanded.files)
    progress_.bytes += file.size;
  waiting_.assign(expanded.files.begin(), expanded.files.end());
  SetHealth(true, "");
  return {};
}

Status FileReplay::OpenNext() {
  FoundFile file = std::move(waiting_.front());
  waiting_.pop_front();
  Result<FileReader> reader = FileReader::Open(file.path);
  if (!reader)
    return reader.error();
  origins_.push_back(file.path);
  if (reader->is_pipe()) {
    key_ = kPipeKey;
    offset_ = 0;
    bytes_before_ = progress_.bytes_read;
    reader_ = std::move(*reader);
    return {};
  }
  Result<FoundFile> found = reader->Stat();
  if (!found)
    return found.error();
  Result<std::string> head = reader->Head(kIdentityBytes);
  if (!head)
    return head.error();
  reader_ = std::move(*reader);
  if (std::optional<KnownPosition> known = book_.Take(*found, *head)) {
    key_ = known->key;
    offset_ = known->offset;
  } else {
    int64_t text = found->packed ? static_cast<int64_t>(head->size()) : found->size;
    key_ = FormatKey(IdentityOf(*found, *head, text));
    offset_ = 0;
  }
  bytes_before_ = progress_.bytes_read;
  return {};
}

// At the end of a file.
void FileReplay::CloseFile() {
  bool may_grow = false;
  if (Status damage = reader_->Damage(&may_grow); !damage.ok()) {
    Log(LogLevel::kError, damage.message());
    progress_.damaged.push_back(damage.message());
    SetHealth(true, damage.message());
  }
  reader_.reset();
  ++progress_.files_read;
}

Result<pipeline::RawBatch> FileReplay::Poll(std::chrono::milliseconds timeout) {
  bool waited = false;
  while (reader_ || !waiting_.empty()) {
    Status status;
    if (!reader_)
      status = OpenNext();
    if (status.ok()) {
      Result<FileRead> read = reader_->Read(offset_, true, options_.limits, &pool_);
      if (read) {
        progress_.bytes_cut += read->cut_bytes;
        offset_ = read->next;
        progress_.bytes_read = bytes_before_ + (reader_->packed() ? reader_->consumed() : offset_);
        bool nothing_now = read->at_end && !read->ended;
        if (nothing_now && read->block == nullptr && !waited) {
          reader_->WaitForMore(timeout);
          waited = true;
          continue;
        }
        if (nothing_now && read->block == nullptr)
          break;
        if (read->ended)
          CloseFile();
        if (read->block == nullptr)
          continue;
        return ToRawBatch(std::move(*read), &origins_.back(), key_, record::WallNow());
      }
      status = read.error();
    }
    SetHealth(false, status.message());
    return status;
  }
  pipeline::RawBatch rest;
  rest.read_time = record::WallNow();
  rest.end = !reader_ && waiting_.empty();
  return rest;
}

void FileReplay::Close() {
  reader_.reset();
  waiting_.clear();
}

void FileReplay::SetHealth(bool connected, std::string problem) {
  std::lock_guard lock(health_mutex_);
  health_.connected = health_.assigned = connected;
  health_.problem = std::move(problem);
}

pipeline::SourceHealth FileReplay::Health() const {
  std::lock_guard lock(health_mutex_);
  return health_;
}

}  // namespace keywatch::file
