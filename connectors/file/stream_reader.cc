#include "connectors/file/stream_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include "engine/base/check.h"

namespace keywatch::file {

namespace {

constexpr size_t kInputBytes = size_t{256} << 10;
constexpr size_t kMagicBytes = 4;

}  // namespace

StreamReader::StreamReader(int fd, std::string path, FileForm form, const UnpackLimits& limits)
    : fd_(fd), path_(std::move(path)), limits_(limits), is_pipe_(false), form_(form) {
  Restart();
}

StreamReader::StreamReader(int fd, std::string path, const UnpackLimits& limits)
    : fd_(fd),
      path_(std::move(path)),
      limits_(limits),
      is_pipe_(true),
      form_(FileForm::kUndecided) {}

void StreamReader::Restart() {
  unpacker_ = Unpacker::Make(form_);
  input_.clear();
  window_.clear();
  damage_.clear();
  input_offset_ = window_offset_ = 0;
  taken_ = 0;
  input_ended_ = false;
}

// Makes sure that there is input, if there is any.
Status StreamReader::Refill() {
  bool undecided = form_ == FileForm::kUndecided;
  if (taken_ < input_.size() && !undecided)
    return {};
  if (!undecided) {
    input_offset_ += static_cast<int64_t>(input_.size());
    input_.clear();
    taken_ = 0;
  }
  size_t had = input_.size();
  if (is_pipe_) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, 0) <= 0)
      return {};
  }
  input_.resize(had + kInputBytes);
  ssize_t got = 0;
  do {
    got = is_pipe_ ? ::read(fd_, input_.data() + had, kInputBytes)
                   : ::pread(fd_, input_.data(), kInputBytes, input_offset_);
  } while (got < 0 && errno == EINTR);
  int error = errno;
  input_.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) {
    return Unavailable(
        fmt::format("cannot read {} at byte {}: {}", path_, input_offset_, std::strerror(error)));
  }
  input_ended_ = got == 0;
  bool enough = input_.size() >= kMagicBytes || (!input_.empty() && !MayBePacked(input_[0]));
  if (undecided && (enough || input_ended_)) {
    form_ = PackingOf(input_);
    if (form_ != FileForm::kLines)
      unpacker_ = Unpacker::Make(form_);
  }
  return {};
}

// Adds up to `bytes` to the window; fewer when there is no more now.
Status StreamReader::Extend(size_t bytes) {
  size_t filled = window_.size();
  window_.resize(filled + bytes);
  const size_t wanted = window_.size();
  Status status;
  while (filled < wanted && damage_.empty()) {
    status = Refill();
    if (!status.ok() || form_ == FileForm::kUndecided)
      break;
    std::string_view rest = std::string_view(input_).substr(taken_);
    Unpacker::Step step;
    if (unpacker_ == nullptr) {
      step.taken = step.given = std::min(rest.size(), wanted - filled);
      std::copy_n(rest.data(), step.given, window_.data() + filled);
    } else {
      step = unpacker_->Run(rest, window_.data() + filled, wanted - filled);
    }
    taken_ += step.taken;
    filled += step.given;
    int64_t text = window_offset_ + static_cast<int64_t>(filled);
    if (!step.damage.empty()) {
      damage_ = fmt::format("{} at byte {}", step.damage, consumed());
    } else if (unpacker_ != nullptr && text > limits_.free_bytes &&
               text / limits_.most_ratio > consumed()) {
      damage_ = fmt::format(
          "it unpacks to more than {} times its size, which no log does: stopped at byte {}",
          limits_.most_ratio,
          consumed());
    }
    if (step.taken == 0 && step.given == 0)
      break;
  }
  window_.resize(filled);
  return status;
}

Result<size_t> StreamReader::ReadAt(int64_t offset, char* to, size_t bytes) {
  if (offset < window_offset_) {
    KEYWATCH_CHECK(!is_pipe_, "a pipe is not read again");
    Restart();
  }
  while (true) {
    // What lies before is not asked for again.
    auto passed = static_cast<size_t>(
        std::min<int64_t>(offset - window_offset_, static_cast<int64_t>(window_.size())));
    window_.erase(0, passed);
    window_offset_ += static_cast<int64_t>(passed);
    size_t before = window_.size();
    size_t wanted = window_offset_ < offset ? kInputBytes : bytes;
    if (wanted > before)
      KEYWATCH_RETURN_IF_ERROR(Extend(wanted - before));
    if (window_offset_ == offset || window_.size() == before)
      break;
  }
  if (window_offset_ < offset)
    return size_t{0};  // the text is shorter
  size_t given = std::min(bytes, window_.size());
  std::copy_n(window_.data(), given, to);
  return given;
}

void StreamReader::WaitForMore(std::chrono::milliseconds timeout) const {
  pollfd waiting{fd_, POLLIN, 0};
  (void)::poll(&waiting, 1, static_cast<int>(timeout.count()));
}

bool StreamReader::complete() const {
  if (!damage_.empty() || !input_ended_ || taken_ < input_.size())
    return false;
  return unpacker_ == nullptr || unpacker_->at_boundary();
}

std::string StreamReader::Damage(bool* may_grow) const {
  *may_grow = false;
  if (!damage_.empty())
    return damage_;
  if (unpacker_ == nullptr || !input_ended_ || unpacker_->at_boundary())
    return "";
  *may_grow = true;
  return fmt::format("the {} data ends in the middle, at byte {}",
                     form_ == FileForm::kGzip ? "gzip" : "zstd",
                     consumed());
}

}  // namespace keywatch::file
