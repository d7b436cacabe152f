#include "engine/base/sync_directory.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace keywatch {

Status SyncDirectory(const std::string& directory) {
  const char* path = directory.empty() ? "." : directory.c_str();
  int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) {
    return Unavailable(  // NOLINTNEXTLINE(concurrency-mt-unsafe)
        fmt::format("cannot open the folder {}: {}", path, std::strerror(errno)));
  }
  int failed = fsync(file) == 0 ? 0 : errno;
  close(file);
  if (failed != 0) {
    return Unavailable(  // NOLINTNEXTLINE(concurrency-mt-unsafe)
        fmt::format("cannot sync the folder {}: {}", path, std::strerror(failed)));
  }
  return {};
}

}  // namespace keywatch
