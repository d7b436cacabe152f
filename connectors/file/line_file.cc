#include "connectors/file/line_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keywatch::file {
namespace {

Status Failed(std::string_view doing, const std::string& path, int error) {
  return Unavailable(fmt::format("cannot {} {}: {}", doing, path, std::strerror(error)));
}

}  // namespace

LineFile::~LineFile() { Close(); }

void LineFile::Close() {
  if (descriptor_ >= 0)
    close(descriptor_);
  descriptor_ = -1;
  size_ = 0;
}

Status LineFile::Open() {
  Close();
  descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (descriptor_ < 0)
    return Failed("open", path_, errno);
  struct stat info {};
  if (fstat(descriptor_, &info) != 0)
    return Failed("examine", path_, errno);
  size_ = S_ISREG(info.st_mode) ? static_cast<uint64_t>(info.st_size) : 0;
  char last = '\n';
  if (size_ > 0 && pread(descriptor_, &last, 1, info.st_size - 1) == 1 && last != '\n') {
    if (write(descriptor_, "\n", 1) != 1)
      return Failed("write to", path_, errno);
    ++size_;
  }
  return {};
}

bool LineFile::MovedAway() const {
  struct stat ours {};
  struct stat named {};
  if (fstat(descriptor_, &ours) != 0 || stat(path_.c_str(), &named) != 0)
    return true;
  return ours.st_ino != named.st_ino || ours.st_dev != named.st_dev;
}

Status LineFile::Append(std::string_view line) {
  if (descriptor_ < 0 || MovedAway())
    KEYWATCH_RETURN_IF_ERROR(Open());
  size_t done = 0;
  while (done < line.size()) {
    ssize_t written = write(descriptor_, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0) {
      int error = errno;
      // Take back what a full disk let through, or end it: half a line must not meet the next one.
      if (done > 0 && ftruncate(descriptor_, static_cast<off_t>(size_)) != 0)
        Close();
      return Failed("write to", path_, error);
    }
    done += static_cast<size_t>(written);
  }
  size_ += line.size();
  return {};
}

Status LineFile::Sync() {
  if (descriptor_ < 0 || fdatasync(descriptor_) == 0)
    return {};
  // EINVAL, EROFS: a pipe or a device, which has nothing to sync.
  return errno == EINVAL || errno == EROFS ? Status() : Failed("sync", path_, errno);
}

Status LineFile::Rotate() {
  KEYWATCH_RETURN_IF_ERROR(Sync());
  Close();
  std::string previous = path_ + ".1";
  if (std::rename(path_.c_str(), previous.c_str()) != 0 && errno != ENOENT) {
    return Failed("rename to " + previous + " the file", path_, errno);
  }
  return Open();
}

}  // namespace keywatch::file
