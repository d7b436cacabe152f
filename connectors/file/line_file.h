// A file that lines are appended to: one write() a line, so that a reader, or another process that
// appends, never sees half of one; opened again when somebody has moved or removed it (logrotate).
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace keywatch::file {

class LineFile {
 public:
  explicit LineFile(std::string path) : path_(std::move(path)) {}
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // Opens or makes the file (mode 0640), and ends a line that a crash cut off.
  Status Open();
  // `line` with its line end. On an error nothing of it stays in the file. kUnavailable.
  Status Append(std::string_view line);
  // Returns when what was appended is on disk.
  Status Sync();
  // Renames the file to `path`.1, over an older one, and starts a new one.
  Status Rotate();

  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void Close();
  [[nodiscard]] bool MovedAway() const;

  std::string path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

}  // namespace keywatch::file
