#include "engine/base/secret.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <mutex>
#include <tuple>

#include <sys/stat.h>

#include "engine/base/log.h"

namespace keywatch {
namespace {

constexpr off_t kMostBytes = 1 << 20;
constexpr std::chrono::seconds kLookAgain{1};

// What changes when a file is written anew or replaced.
using Version = std::tuple<dev_t, ino_t, off_t, time_t, long>;

Status Stat(const std::string& path, Version* version) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) {
    return InvalidInput(
        fmt::format("cannot read the secret file {}: {}", path, std::strerror(errno)));
  }
  if (!S_ISREG(found.st_mode)) {
    return InvalidInput(fmt::format("expected a file with a secret, found no file: {}", path));
  }
  if (found.st_size > kMostBytes) {
    return InvalidInput(
        fmt::format("expected a secret in the file, found {} bytes: {}", found.st_size, path));
  }
  *version = {
      found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
  return {};
}

Result<std::string> ReadTrimmed(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.is_open() || in.bad()) {
    return InvalidInput(
        fmt::format("cannot read the secret file {}: {}", path, std::strerror(errno)));
  }
  constexpr char kBlank[] = " \t\r\n";
  text.erase(text.find_last_not_of(kBlank) + 1);
  text.erase(0, std::min(text.find_first_not_of(kBlank), text.size()));
  if (text.empty())
    return InvalidInput(fmt::format("expected a secret in the file, found none: {}", path));
  return text;
}

}  // namespace

struct Secret::File {
  std::string path;
  std::mutex mutex;
  std::string text;                              // guarded by mutex
  Version version;                               // guarded by mutex
  std::chrono::steady_clock::time_point looked;  // guarded by mutex
  bool failed = false;                           // guarded by mutex

  // With the mutex held.
  Status Look() {
    looked = std::chrono::steady_clock::now();
    Version now;
    KEYWATCH_RETURN_IF_ERROR(Stat(path, &now));
    if (now == version && !text.empty())
      return {};
    Result<std::string> read = ReadTrimmed(path);
    if (!read)
      return read.error();
    text = std::move(*read);
    version = now;
    return {};
  }
};

Result<Secret> Secret::FromFile(const std::string& path) {
  Secret secret;
  secret.file_ = std::make_shared<File>();
  secret.file_->path = path;
  std::lock_guard lock(secret.file_->mutex);
  KEYWATCH_RETURN_IF_ERROR(secret.file_->Look());
  return secret;
}

std::string Secret::Reveal() const {
  if (file_ == nullptr)
    return text_;
  std::lock_guard lock(file_->mutex);
  if (std::chrono::steady_clock::now() - file_->looked >= kLookAgain) {
    Status looked = file_->Look();
    if (!looked.ok() && !file_->failed)
      Log(LogLevel::kWarning, "the last secret is used on: " + looked.message());
    file_->failed = !looked.ok();
  }
  return file_->text;
}

const std::string& Secret::path() const {
  static const std::string kNone;
  return file_ == nullptr ? kNone : file_->path;
}

}  // namespace keywatch
