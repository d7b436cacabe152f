#include "connectors/file/file_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keywatch::file {

namespace {

constexpr char kStandardInput[] = "-";
constexpr size_t kFirstHeadBytes = size_t{64} << 10;
// Of a line that is too long, what the decoder gets to see and to set aside.
constexpr size_t kLongLineBytes = size_t{64} << 10;

std::string ErrnoText(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe)

}  // namespace

Result<FileReader> FileReader::Open(const std::string& path) {
  bool standard_input = path == kStandardInput;
  int fd = standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                          : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    std::string message = fmt::format("cannot open {}: {}", path, ErrnoText(errno));
    return errno == ENOENT ? NotFound(std::move(message)) : Unavailable(std::move(message));
  }
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  FileReader reader(standard_input ? "standard input" : path, fd);
  struct stat info {};
  if (standard_input && ::fstat(fd, &info) == 0 && !S_ISREG(info.st_mode)) {
    reader.stream_ = std::make_unique<StreamReader>(fd, reader.path_, UnpackLimits());
    return reader;
  }
  KEYWATCH_RETURN_IF_ERROR(reader.DetectPacking({}));
  return reader;
}

void FileReader::Restart() {
  form_ = FileForm::kUndecided;
  stream_.reset();
}

Status FileReader::DetectPacking(const UnpackLimits& limits) {
  if (is_pipe() || form_ != FileForm::kUndecided)
    return {};
  std::array<char, 4> head{};
  Result<size_t> filled = ReadAt(0, head.data(), head.size());
  if (!filled)
    return filled.error();
  FileForm packing = PackingOf({head.data(), *filled});
  if (packing != FileForm::kLines)
    stream_ = std::make_unique<StreamReader>(fd_, path_, packing, limits);
  return {};
}

FileReader::~FileReader() {
  if (fd_ >= 0)
    ::close(fd_);
}

FileReader::FileReader(FileReader&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      form_(other.form_),
      stream_(std::move(other.stream_)) {}

FileReader& FileReader::operator=(FileReader&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(form_, other.form_);
  std::swap(stream_, other.stream_);
  return *this;
}

Result<size_t> FileReader::ReadAt(int64_t offset, char* to, size_t bytes) const {
  size_t filled = 0;
  while (filled < bytes) {
    ssize_t got = ::pread(fd_, to + filled, bytes - filled, offset + static_cast<int64_t>(filled));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      return Unavailable(fmt::format("cannot read {} at byte {}: {}",
                                     path_,
                                     offset + static_cast<int64_t>(filled),
                                     ErrnoText(errno)));
    }
    if (got == 0)
      break;
    filled += static_cast<size_t>(got);
  }
  return filled;
}

Result<std::string> FileReader::Beginning(size_t bytes, bool* complete) const {
  std::string head(bytes, '\0');
  Result<size_t> filled = size_t{0};
  *complete = false;
  if (packed()) {  // without moving the one that reads
    StreamReader own(fd_, path_, stream_->form(), UnpackLimits());
    filled = own.ReadAt(0, head.data(), bytes);
    bool may_grow = false;
    *complete = own.complete() || (!own.Damage(&may_grow).empty() && !may_grow);
  } else {
    filled = ReadText(0, head.data(), bytes);
    *complete = is_pipe() && stream_->closed();
  }
  if (!filled)
    return filled.error();
  *complete = *complete && *filled < bytes;
  head.resize(*filled);
  return head;
}

Result<std::string> FileReader::Head(size_t bytes) const {
  bool complete = false;
  return Beginning(bytes, &complete);
}

Result<FoundFile> FileReader::Stat() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) {
    return Unavailable(fmt::format("cannot look at {}: {}", path_, ErrnoText(errno)));
  }
  return FoundFile{path_,
                   info.st_dev,
                   info.st_ino,
                   info.st_size,
                   info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec,
                   packed()};
}

Result<size_t> FileReader::ReadText(int64_t offset, char* to, size_t bytes) const {
  return stream_ == nullptr ? ReadAt(offset, to, bytes) : stream_->ReadAt(offset, to, bytes);
}

// `final`: what is known of the file from outside.
bool FileReader::IsComplete(bool final) const {
  if (stream_ == nullptr)
    return final;
  if (stream_->is_pipe())
    return stream_->closed();
  bool may_grow = false;
  return final || stream_->complete() || (!stream_->Damage(&may_grow).empty() && !may_grow);
}

Status FileReader::Damage(bool* may_grow) const {
  *may_grow = false;
  if (stream_ == nullptr)
    return {};
  std::string damage = stream_->Damage(may_grow);
  if (damage.empty())
    return {};
  return InvalidInput(
      fmt::format("cannot read all of {}: {}; the {} bytes of text before that "
                  "were read. Provide the whole file again",
                  path_,
                  damage,
                  stream_->text_end()));
}

void FileReader::WaitForMore(std::chrono::milliseconds timeout) const {
  if (stream_ != nullptr)
    stream_->WaitForMore(timeout);
}

Status FileReader::DetectForm(bool final, const ReadLimits& limits) {
  for (size_t bytes = kFirstHeadBytes; form_ == FileForm::kUndecided; bytes *= 4) {
    bytes = std::min(bytes, limits.document_bytes);
    bool complete = false;
    Result<std::string> head = Beginning(bytes, &complete);
    if (!head)
      return head.error();
    bool whole = head->size() < bytes;
    form_ = ClassifyHead(*head, complete || (whole && final && !is_pipe()));
    if (whole)
      break;
    // A first line without an end in sight.
    if (form_ == FileForm::kUndecided && bytes == limits.document_bytes)
      form_ = FileForm::kLines;
  }
  if (form_ == FileForm::kGzip || form_ == FileForm::kZstd) {
    return InvalidInput(
        fmt::format("cannot read {}: expected JSON text, found {} data in {}; unpack "
                    "it once",
                    path_,
                    form_ == FileForm::kGzip ? "gzip" : "zstd",
                    packed() ? "packed data" : "it"));
  }
  return {};
}

Status FileReader::FillBlock(size_t bytes,
                             BlockPool* pool,
                             FileRead* read,
                             std::string_view* text) const {
  read->block = pool->Take(bytes);
  Result<size_t> filled = ReadText(read->offset, read->block->data.get(), bytes);
  if (!filled)
    return filled.error();
  *text = std::string_view(read->block->data.get(), *filled);
  read->at_end = *filled < bytes;
  return {};
}

Status FileReader::CutLongLine(std::string_view text,
                               const ReadLimits& limits,
                               FileRead* read) const {
  size_t shown = std::min(kLongLineBytes, text.size() / 2);
  read->pieces = {{0, shown}};
  // On to the line's end, in the rest of the block's memory.
  char* scratch = read->block->data.get() + shown;
  size_t room = std::min(read->block->capacity - shown, limits.block_bytes);
  int64_t at = read->offset + static_cast<int64_t>(text.size());
  while (true) {
    Result<size_t> got = ReadText(at, scratch, room);
    if (!got)
      return got.error();
    size_t end = std::string_view(scratch, *got).find('\n');
    at += static_cast<int64_t>(end == std::string_view::npos ? *got : end + 1);
    read->at_end = end == std::string_view::npos && *got < room;
    if (end != std::string_view::npos || read->at_end)
      break;
  }
  read->next = at;
  read->cut_bytes = at - read->offset - static_cast<int64_t>(shown);
  return {};
}

Status FileReader::DocumentTooLong(int64_t offset, const ReadLimits& limits) const {
  return InvalidInput(fmt::format(
      "cannot read {}: the JSON document at byte {} is longer than {} MiB. Write its records one a "
      "line, for example with jq -c '.records[]'",
      path_,
      offset,
      limits.document_bytes >> 20));
}

Result<FileRead> FileReader::Read(int64_t offset,
                                  bool final,
                                  const ReadLimits& limits,
                                  BlockPool* pool) {
  FileRead read;
  read.offset = read.next = offset;
  KEYWATCH_RETURN_IF_ERROR(DetectPacking(limits.unpack));
  KEYWATCH_RETURN_IF_ERROR(DetectForm(final, limits));
  if (form_ == FileForm::kUndecided) {
    read.at_end = true;
    read.ended = final && !is_pipe();
    return read;
  }
  for (size_t bytes = limits.block_bytes;;) {
    std::string_view text;
    KEYWATCH_RETURN_IF_ERROR(FillBlock(bytes, pool, &read, &text));
    read.ended = read.at_end && IsComplete(final);
    After after = !read.at_end ? After::kMore : read.ended ? After::kNothing : After::kGrowth;
    Cut cut = form_ == FileForm::kLines ? CutLines(text, limits.run_bytes, after)
                                        : CutDocuments(text, after);
    read.pieces = std::move(cut.pieces);
    read.next = read.offset + static_cast<int64_t>(cut.consumed);
    if (!read.pieces.empty() || read.at_end)
      break;
    if (cut.consumed == text.size()) {  // white space, as far as it goes
      read.offset = read.next;
    } else if (bytes < limits.document_bytes) {
      bytes = std::min(2 * bytes, limits.document_bytes);
    } else if (form_ == FileForm::kDocuments) {
      return DocumentTooLong(read.next, limits);
    } else {
      KEYWATCH_RETURN_IF_ERROR(CutLongLine(text, limits, &read));
      break;
    }
  }
  if (read.pieces.empty())
    read.block = nullptr;
  return read;
}

}  // namespace keywatch::file
