#include "app/generate/output.h"

#include <cerrno>
#include <cstring>

#include <fmt/core.h>

namespace keywatch::generate {

namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;
// Azure Monitor's batches are not documented; a message is at most 1 MB, some 800 records.
constexpr uint64_t kMostRecordsInMessage = 60;

std::string ErrnoText(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe)

}  // namespace

OutputFile::~OutputFile() {
  if (file_ != nullptr && file_ != stdout)
    std::fclose(file_);
}

Status OutputFile::Open(const std::string& path) {
  path_ = path == "-" ? "standard output" : path;
  file_ = path == "-" ? stdout : std::fopen(path.c_str(), "wbe");
  if (file_ == nullptr)
    return Unavailable(fmt::format("cannot write {}: {}", path_, ErrnoText(errno)));
  buffer_.reserve(kBufferBytes + 4096);
  return {};
}

bool OutputFile::Write(std::string_view text) {
  buffer_.append(text);
  return buffer_.size() < kBufferBytes || Flush();
}

bool OutputFile::Flush() {
  if (error_ == 0 && std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size())
    error_ = errno;
  buffer_.clear();
  return error_ == 0;
}

Status OutputFile::Close() {
  if (file_ == nullptr)
    return {};
  Flush();
  if (error_ == 0 && std::fflush(file_) != 0)
    error_ = errno;
  if (file_ != stdout && std::fclose(file_) != 0 && error_ == 0)
    error_ = errno;
  file_ = nullptr;
  if (error_ != 0)
    return Unavailable(fmt::format("cannot write {}: {}", path_, ErrnoText(error_)));
  return {};
}

bool RecordOutput::Add(std::string_view record) {
  if (format_ == OutputFormat::kJsonLines)
    return file_->Write(record) && file_->Write("\n");
  if (message_.empty()) {
    room_ = 1 + random_.Below(kMostRecordsInMessage);
    message_ = "{\"records\":[";
  } else {
    message_ += ',';
  }
  message_ += record;
  return --room_ > 0 || Finish();
}

bool RecordOutput::Finish() {
  if (message_.empty())
    return true;
  message_ += "]}\n";
  bool good = file_->Write(message_);
  message_.clear();
  return good;
}

}  // namespace keywatch::generate
