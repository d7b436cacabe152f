// The text of a packed file or of a pipe, as if it could be read at any offset: it is read forward
// once, and what was asked for last is kept. Asking for what lies before that begins a file anew,
// and is an error of ours for a pipe.
//
// Offsets are those of the text. Memory is what one call asks for.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "connectors/file/unpacker.h"
#include "engine/base/status.h"

namespace keywatch::file {

struct UnpackLimits {
  // A file whose text is larger than this and more than `most_ratio` times its own size was made to
  // fill memory and time: no log packs like that.
  int64_t free_bytes = int64_t{256} << 20;
  int64_t most_ratio = 500;
};

class StreamReader {
 public:
  // A file that is packed as `form` says. `fd` belongs to the caller and stays open.
  StreamReader(int fd, std::string path, FileForm form, const UnpackLimits& limits);
  // A pipe, packed or not: its first bytes tell.
  StreamReader(int fd, std::string path, const UnpackLimits& limits);

  // Fewer bytes than asked for: there are no more now. kUnavailable when the disk does not answer.
  Result<size_t> ReadAt(int64_t offset, char* to, size_t bytes);
  // Waits until there may be more to read from a pipe.
  void WaitForMore(std::chrono::milliseconds timeout) const;

  // All of the text up to here is there, and its end is known: no record is cut.
  [[nodiscard]] bool complete() const;
  // Nothing will ever follow: the pipe was closed.
  [[nodiscard]] bool closed() const { return is_pipe_ && input_ended_; }
  // Why the text ends before its time; "" if it does not. A packed file that is not complete may
  // merely not have been written to its end yet: then `may_grow`.
  [[nodiscard]] std::string Damage(bool* may_grow) const;
  // The end of what was unpacked so far.
  [[nodiscard]] int64_t text_end() const {
    return window_offset_ + static_cast<int64_t>(window_.size());
  }
  [[nodiscard]] bool is_pipe() const { return is_pipe_; }
  [[nodiscard]] FileForm form() const { return form_; }  // kGzip, kZstd; kLines: not packed
  // Bytes of the file that were taken.
  [[nodiscard]] int64_t consumed() const { return input_offset_ + static_cast<int64_t>(taken_); }

 private:
  Status Extend(size_t bytes);
  Status Refill();
  void Restart();

  const int fd_;
  const std::string path_;
  const UnpackLimits limits_;
  const bool is_pipe_;
  FileForm form_;  // kUndecided: of a pipe, not known yet; kLines: not packed

  std::unique_ptr<Unpacker> unpacker_;
  std::string input_;         // a piece of the file
  int64_t input_offset_ = 0;  // where it begins
  size_t taken_ = 0;          // of it
  bool input_ended_ = false;  // there was no more when last looked
  std::string damage_;
  std::string window_;  // of the text
  int64_t window_offset_ = 0;
};

}  // namespace keywatch::file
