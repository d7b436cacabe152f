#include "app/data_dir.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace keywatch::app {

Status TakeDataDir(const std::string& path) {
  umask(0027);  // what is kept holds what alerts hold: not for everyone
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return InvalidInput(
        fmt::format("data_dir {} cannot be made: {}; name a directory that "
                    "this user may write to",
                    path,
                    error.message()));
  }
  const std::string lock = path + "/lock";
  // Never closed: the lock ends with the process.
  int file = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    return InvalidInput(fmt::format("cannot write into {}: {}", path, std::strerror(errno)));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    return Unavailable(
        fmt::format("another keywatch uses data_dir {}: stop it, or give this one a "
                    "directory of its own",
                    path));
  }
  return {};
}

}  // namespace keywatch::app
