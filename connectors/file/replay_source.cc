#include "connectors/file/replay_source.h"

#include <utility>

#include <fmt/core.h>

#include "connectors/file/path_expand.h"
#include "connectors/file/raw_batch.h"

namespace keywatch::file {

namespace {

constexpr size_t kMaxReplayFiles = 1'000'000;

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
    progress_.bytes_read += known->offset;
  } else {
    key_ = FormatKey(IdentityOf(*found, *head, found->size));
    offset_ = 0;
  }
  origins_.push_back(file.path);
  return {};
}

Result<pipeline::RawBatch> FileReplay::Poll(std::chrono::milliseconds) {
  while (reader_ || !waiting_.empty()) {
    Status status;
    if (!reader_)
      status = OpenNext();
    if (status.ok()) {
      Result<FileRead> read = reader_->Read(offset_, true, options_.limits, &pool_);
      if (read) {
        progress_.bytes_read += read->next - offset_;
        progress_.bytes_cut += read->cut_bytes;
        offset_ = read->next;
        if (read->at_end) {
          reader_.reset();
          ++progress_.files_read;
        }
        if (read->block == nullptr)
          continue;
        return ToRawBatch(std::move(*read), &origins_.back(), key_, record::WallNow());
      }
      status = read.error();
    }
    SetHealth(false, status.message());
    return status;
  }
  pipeline::RawBatch end;
  end.read_time = record::WallNow();
  end.end = true;
  return end;
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
