#include "connectors/push/spool.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/sync_directory.h"

namespace keywatch::push {
namespace {

// Vector code of a parser reads whole registers.
constexpr size_t kReadPadding = 64;

Status Failed(std::string_view doing, const std::string& path, int error) {
  return Unavailable(fmt::format("cannot {} {}: {}", doing, path, std::strerror(error)));
}

void CloseFile(int* file) {
  if (*file >= 0)
    close(*file);
  *file = -1;
}

Status WriteAll(int file, std::string_view bytes, int64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t written = pwrite(file, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return Failed("write to", path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += written;
  }
  return {};
}

// Fewer bytes only at the end of the file.
Result<size_t> ReadAll(int file, int64_t offset, char* to, size_t bytes, const std::string& path) {
  size_t filled = 0;
  while (filled < bytes) {
    ssize_t got = pread(file, to + filled, bytes - filled, offset + static_cast<int64_t>(filled));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return Failed("read", path, errno);
    if (got == 0)
      break;
    filled += static_cast<size_t>(got);
  }
  return filled;
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::Open(SpoolOptions options, int64_t position) {
  std::unique_ptr<Spool> spool(new Spool(std::move(options)));
  KEYWATCH_RETURN_IF_ERROR(spool->Recover(position));
  return spool;
}

Spool::~Spool() {
  CloseFile(&read_file_);
  CloseFile(&write_file_);
}

std::string Spool::Path(uint32_t number) const {
  return options_.folder + "/" + SegmentName(number);
}

Status Spool::Recover(int64_t position) {
  std::error_code error;
  std::filesystem::create_directories(options_.folder, error);
  std::filesystem::directory_iterator entry(options_.folder, error);
  if (error)
    return Unavailable(fmt::format("cannot use {}: {}", options_.folder, error.message()));
  std::vector<uint32_t> numbers;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (std::optional<uint32_t> number = ParseSegmentName(entry->path().filename().string()))
      numbers.push_back(*number);
  }
  if (error)
    return Unavailable(fmt::format("cannot read {}: {}", options_.folder, error.message()));
  std::sort(numbers.begin(), numbers.end());
  covered_ = read_place_ = ToPlace(position);
  // The snapshots of earlier runs: where they are is not known.
  snapshots_.assign(std::max<size_t>(options_.snapshots_kept, 1), SpoolPlace());
  writing_to_ = read_place_.segment;  // new files come after what a snapshot knows of
  for (uint32_t number : numbers) {
    KEYWATCH_RETURN_IF_ERROR(TakeUp(number, number == numbers.back()));
    writing_to_ = std::max(writing_to_, number);
  }
  return {};
}

// Finds the sound part of a file.
Status Spool::TakeUp(uint32_t number, bool last) {
  const std::string path = Path(number);
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (file < 0 || fstat(file, &info) != 0)
    return Failed("open", path, errno);
  Segment segment;
  std::string payload;
  Status status;
  while (true) {
    char bytes[kEntryHeaderBytes];
    Result<size_t> got = ReadAll(file, segment.size, bytes, sizeof bytes, path);
    if (!got) {
      status = got.error();
      break;
    }
    if (*got < sizeof bytes)
      break;
    EntryHeader header = ReadEntryHeader({bytes, sizeof bytes});
    int64_t end = segment.size + static_cast<int64_t>(sizeof bytes) + header.length;
    if (end > info.st_size)
      break;
    payload.resize(header.length);
    got = ReadAll(file,
                  segment.size + static_cast<int64_t>(sizeof bytes),
                  payload.data(),
                  payload.size(),
                  path);
    if (!got) {
      status = got.error();
      break;
    }
    if (!IsSound(header, payload))
      break;
    if (SpoolPlace{number, static_cast<uint32_t>(segment.size)} >= read_place_)
      ++unread_entries_;
    segment.size = end;
    ++segment.entries;
  }
  close(file);
  KEYWATCH_RETURN_IF_ERROR(status);
  if (segment.size < info.st_size && last) {
    Log(LogLevel::kWarning,
        "the end of the spool was being written when the process ended; it was not acknowledged, "
        "and "
        "is left out",
        {{"file", path}, {"bytes", std::to_string(info.st_size - segment.size)}});
  } else if (segment.size < info.st_size) {
    lost_bytes_ += static_cast<uint64_t>(info.st_size - segment.size);
    Log(LogLevel::kError,
        "a file of the spool is damaged; what follows in it is lost: send it again",
        {{"file", path}, {"byte", std::to_string(segment.size)}});
  }
  segments_[number] = segment;
  return {};
}

bool Spool::HasRoomLocked(size_t payload_bytes) const {
  auto bytes = static_cast<int64_t>(payload_bytes + kEntryHeaderBytes + group_->bytes.size());
  return BytesFrom(covered_) + bytes <= options_.most_bytes;
}

bool Spool::HasRoom(size_t payload_bytes) const {
  std::lock_guard lock(mutex_);
  return HasRoomLocked(payload_bytes);
}

int64_t Spool::BytesFrom(const SpoolPlace& place) const {
  int64_t bytes = 0;
  for (auto segment = segments_.lower_bound(place.segment); segment != segments_.end(); ++segment) {
    bytes += segment->second.size;
    if (segment->first == place.segment)
      bytes -= std::min<int64_t>(place.offset, segment->second.size);
  }
  return bytes;
}

Status Spool::Append(std::string_view payload) {
  std::unique_lock lock(mutex_);
  if (!HasRoomLocked(payload.size()))
    return Exhausted("the spool is full");
  std::shared_ptr<Group> mine = group_;
  AppendEntry(payload, &mine->bytes);
  ++mine->entries;
  while (!mine->done) {
    if (writing_) {
      changed_.wait(lock);
    } else {
      RunGroup(&lock);  // mine: a group that is not done is the present one when nobody writes
    }
  }
  return mine->status;
}

void Spool::RunGroup(std::unique_lock<std::mutex>* lock) {
  std::shared_ptr<Group> group = std::exchange(group_, std::make_shared<Group>());
  writing_ = true;
  bool roll = must_roll_ || segments_[writing_to_].size >= options_.segment_bytes;
  uint32_t number = roll ? writing_to_ + 1 : writing_to_;
  int64_t size = roll ? 0 : segments_[number].size;
  lock->unlock();
  Status status = roll ? StartSegment(number) : Status();
  if (status.ok())
    status = Write(group->bytes, size);
  lock->lock();
  if (status.ok()) {
    Segment& segment = segments_[number];
    segment.size = size + static_cast<int64_t>(group->bytes.size());
    segment.entries += group->entries;
    writing_to_ = number;
    unread_entries_ += group->entries;
  } else if (roll) {
    writing_to_ = number;  // its file may be there: another number next time
    segments_[number] = {};
  }
  must_roll_ = !status.ok();
  problem_ = status.message();
  writing_ = false;
  group->done = true;
  group->status = std::move(status);
  changed_.notify_all();
}

Status Spool::StartSegment(uint32_t number) {
  CloseFile(&write_file_);
  const std::string path = Path(number);
  write_file_ = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (write_file_ < 0)
    return Failed("open", path, errno);
  return SyncDirectory(options_.folder);
}

// What fails is taken back: a reader of the file must not find what was refused.
Status Spool::Write(const std::string& bytes, int64_t size) {
  Status status = WriteAll(write_file_, bytes, size, options_.folder);
  if (status.ok() && fdatasync(write_file_) != 0)
    status = Failed("sync", options_.folder, errno);
  if (!status.ok() && ftruncate(write_file_, size) != 0)
    Log(LogLevel::kWarning, "the spool could not be cut back", {{"folder", options_.folder}});
  return status;
}

// Moves the reading place to the next file when this one is used up. False: there is nothing.
bool Spool::FindUnread() {
  while (true) {
    auto segment = segments_.find(read_place_.segment);
    if (segment != segments_.end() && read_place_.offset < segment->second.size)
      return true;
    auto next = segments_.upper_bound(read_place_.segment);
    if (next == segments_.end())
      return false;
    read_place_ = {next->first, 0};
  }
}

Status Spool::ReadAt(SpoolPlace place, size_t bytes, std::string* out) {
  if (read_file_ < 0 || read_segment_ != place.segment) {
    CloseFile(&read_file_);
    read_file_ = open(Path(place.segment).c_str(), O_RDONLY | O_CLOEXEC);
    if (read_file_ < 0)
      return Failed("open", Path(place.segment), errno);
    read_segment_ = place.segment;
  }
  out->reserve(bytes + kReadPadding);
  out->resize(bytes);
  Result<size_t> got = ReadAll(read_file_, place.offset, out->data(), bytes, Path(place.segment));
  if (!got)
    return got.error();
  if (*got < bytes)
    return DataLoss(fmt::format("{} is shorter than it was", Path(place.segment)));
  return {};
}

Result<SpoolBatch> Spool::Read(size_t most_bytes, std::chrono::milliseconds timeout) {
  SpoolPlace place;
  int64_t there = 0;
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [this] { return FindUnread(); });
    if (!FindUnread()) {
      SpoolBatch nothing;
      nothing.next = ToPosition(read_place_);
      return nothing;
    }
    place = read_place_;
    there = segments_[place.segment].size - place.offset;
  }
  auto memory = std::make_shared<std::string>();
  size_t bytes = std::min(static_cast<size_t>(there), std::max(most_bytes, kEntryHeaderBytes));
  KEYWATCH_RETURN_IF_ERROR(ReadAt(place, bytes, memory.get()));
  size_t first = kEntryHeaderBytes + ReadEntryHeader(*memory).length;
  if (first > bytes)
    KEYWATCH_RETURN_IF_ERROR(ReadAt(place, first, memory.get()));
  SpoolBatch batch;
  size_t at = 0;
  while (at + kEntryHeaderBytes <= memory->size()) {
    std::string_view rest = std::string_view(*memory).substr(at);
    size_t size = kEntryHeaderBytes + ReadEntryHeader(rest).length;
    if (size > rest.size())
      break;
    SpoolPlace entry{place.segment, place.offset + static_cast<uint32_t>(at)};
    batch.entries.push_back(
        {ToPosition(entry), rest.substr(kEntryHeaderBytes, size - kEntryHeaderBytes)});
    at += size;
  }
  batch.memory = std::move(memory);
  std::lock_guard lock(mutex_);
  read_place_.offset += static_cast<uint32_t>(at);
  unread_entries_ -= static_cast<int64_t>(batch.entries.size());
  batch.next = ToPosition(read_place_);
  return batch;
}

void Spool::Release(int64_t position) {
  std::lock_guard lock(mutex_);
  covered_ = std::max(covered_, ToPlace(position));
  snapshots_.push_back(covered_);
  snapshots_.pop_front();
  uint32_t keep = snapshots_.front().segment;
  while (keep < covered_.segment && BytesFrom({keep, 0}) > 2 * options_.most_bytes)
    ++keep;
  DeleteBelow(keep);
}

void Spool::DeleteBelow(uint32_t number) {
  while (!segments_.empty() && segments_.begin()->first < number &&
         segments_.begin()->first != writing_to_) {
    std::error_code error;
    std::filesystem::remove(Path(segments_.begin()->first), error);
    if (error) {
      Log(LogLevel::kWarning,
          "a file of the spool that is done with cannot be removed",
          {{"file", Path(segments_.begin()->first)}, {"reason", error.message()}});
    }
    segments_.erase(segments_.begin());
  }
}

SpoolState Spool::State() const {
  std::lock_guard lock(mutex_);
  return {BytesFrom(covered_), unread_entries_, lost_bytes_, problem_};
}

}  // namespace keywatch::push
