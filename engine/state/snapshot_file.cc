#include "engine/state/snapshot_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/sync_directory.h"

namespace keywatch::state {

namespace {

constexpr size_t kMaxNameBytes = 255;
constexpr uint32_t kMaxSections = 4096;
constexpr std::string_view kPrefix = "snapshot-";
constexpr std::string_view kTemporary = ".tmp";
constexpr std::string_view kDamaged = ".damaged";

std::string ErrnoText(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe)

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string FileName(uint64_t sequence) { return fmt::format("{}{:012}", kPrefix, sequence); }

// The names of one directory, sorted out. Newest first.
struct Listing {
  std::vector<uint64_t> snapshots;
  std::vector<uint64_t> damaged;
  std::vector<std::string> temporary;
};

void AddToListing(std::string_view name, Listing* listing) {
  if (!name.starts_with(kPrefix))
    return;
  if (name.ends_with(kTemporary)) {
    listing->temporary.emplace_back(name);
    return;
  }
  std::string_view digits = name.substr(kPrefix.size());
  bool damaged = digits.ends_with(kDamaged);
  if (damaged)
    digits.remove_suffix(kDamaged.size());
  uint64_t sequence = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
  if (error != std::errc() || end != digits.data() + digits.size())
    return;
  if (FileName(sequence).substr(kPrefix.size()) != digits)
    return;
  (damaged ? listing->damaged : listing->snapshots).push_back(sequence);
}

Result<Listing> List(const std::string& dir) {
  DIR* handle = ::opendir(dir.c_str());
  if (handle == nullptr) {
    return Unavailable(fmt::format("cannot read the data directory {}: {}", dir, ErrnoText(errno)));
  }
  Listing listing;
  while (const dirent* entry = ::readdir(handle))
    AddToListing(entry->d_name, &listing);
  ::closedir(handle);
  std::sort(listing.snapshots.rbegin(), listing.snapshots.rend());
  std::sort(listing.damaged.rbegin(), listing.damaged.rend());
  return listing;
}

Status WriteAll(int fd, std::string_view bytes) {
  // In pieces, so that a full disk shows early and no call writes more than the kernel takes.
  constexpr size_t kPiece = size_t{8} << 20;
  while (!bytes.empty()) {
    ssize_t written = ::write(fd, bytes.data(), std::min(bytes.size(), kPiece));
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return Unavailable(ErrnoText(written == 0 ? ENOSPC : errno));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Status WriteFile(const std::string& path,
                 std::string_view header,
                 const std::vector<SectionView>& sections) {
  Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (fd.get() < 0)
    return Unavailable(ErrnoText(errno));
  KEYWATCH_RETURN_IF_ERROR(WriteAll(fd.get(), header));
  for (const SectionView& section : sections) {
    KEYWATCH_RETURN_IF_ERROR(WriteAll(fd.get(), section.bytes));
  }
  if (::fsync(fd.get()) != 0)
    return Unavailable(ErrnoText(errno));
  return {};
}

// Also when it fails nothing but the old snapshots is left.
Status WriteAndRename(const std::string& dir,
                      uint64_t sequence,
                      const std::vector<SectionView>& sections) {
  std::string path = dir + "/" + FileName(sequence);
  std::string temporary = path + std::string(kTemporary);
  Status status = WriteFile(temporary, EncodeSnapshotHeader(sequence, sections), sections);
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) {
    status = Unavailable(ErrnoText(errno));
  }
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return SyncDirectory(dir);
}

void Remove(const std::string& dir, const std::string& name) {
  // Failing does no harm: the next call finds the file again.
  ::unlink((dir + "/" + name).c_str());
}

void RemoveSurplus(const std::string& dir, const Listing& before, size_t keep) {
  // `before` does not hold the one just written.
  for (size_t i = keep - 1; i < before.snapshots.size(); ++i) {
    Remove(dir, FileName(before.snapshots[i]));
  }
  for (size_t i = keep; i < before.damaged.size(); ++i) {
    Remove(dir, FileName(before.damaged[i]) + std::string(kDamaged));
  }
}

Status CheckSections(const std::vector<SectionView>& sections) {
  if (sections.size() > kMaxSections) {
    return InternalError(fmt::format(
        "a snapshot has at most {} sections, asked for {}", kMaxSections, sections.size()));
  }
  for (size_t i = 0; i < sections.size(); ++i) {
    if (sections[i].name.size() > kMaxNameBytes) {
      return InternalError(fmt::format(
          "a section name has at most {} bytes, found {}", kMaxNameBytes, sections[i].name));
    }
    for (size_t j = 0; j < i; ++j) {
      if (sections[i].name == sections[j].name) {
        return InternalError(fmt::format("two sections have the same name: {}", sections[i].name));
      }
    }
  }
  return {};
}

Result<std::string> ReadWhole(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (fd.get() < 0 || ::fstat(fd.get(), &info) != 0) {
    return Unavailable(fmt::format("cannot open snapshot {}: {}", path, ErrnoText(errno)));
  }
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t filled = 0;
  while (filled < bytes.size()) {
    ssize_t got = ::read(fd.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR)
      continue;
    // A block that the disk cannot read is damage like any other.
    if (got < 0)
      return DataLoss(fmt::format("cannot be read at byte {}: {}", filled, ErrnoText(errno)));
    if (got == 0)
      break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Result<Snapshot> ReadSnapshot(const std::string& path, uint64_t sequence) {
  Result<std::string> bytes = ReadWhole(path);
  if (!bytes)
    return bytes.error();
  Result<Snapshot> snapshot = Snapshot::Parse(std::move(*bytes));
  if (snapshot && snapshot->sequence() != sequence) {
    return DataLoss(fmt::format(
        "expected sequence {} as in its name, found {}", sequence, snapshot->sequence()));
  }
  return snapshot;
}

// Moves the file out of the way, so that it neither counts as one of those kept nor is read again.
DamagedSnapshot SetAside(const std::string& path, const std::string& reason) {
  std::string aside = path + std::string(kDamaged);
  // On a read-only disk it stays where it is.
  bool moved = ::rename(path.c_str(), aside.c_str()) == 0;
  return {moved ? aside : path, reason};
}

Status NoneIsSound(const std::string& dir, const std::vector<DamagedSnapshot>& damaged) {
  std::string message = fmt::format(
      "no snapshot in {} can be used. Restore one from a copy, or empty the directory to begin "
      "without state. Found:",
      dir);
  for (const DamagedSnapshot& file : damaged)
    message += fmt::format(" {}: {};", file.file, file.reason);
  message.pop_back();
  return DataLoss(std::move(message));
}

}  // namespace

Result<uint64_t> WriteSnapshot(const std::string& dir,
                               const std::vector<SectionView>& sections,
                               int keep) {
  KEYWATCH_RETURN_IF_ERROR(CheckSections(sections));
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  Result<Listing> before = List(dir);
  if (!before)
    return before.error();
  uint64_t sequence = 1;
  for (const auto& known : {before->snapshots, before->damaged}) {
    if (!known.empty())
      sequence = std::max(sequence, known.front() + 1);
  }
  // What an earlier process left when it died in the middle of writing.
  for (const std::string& name : before->temporary)
    Remove(dir, name);
  Status status = WriteAndRename(dir, sequence, sections);
  if (!status.ok()) {
    std::string last = before->snapshots.empty()
                           ? "there is none yet"
                           : "the last one stays " + FileName(before->snapshots.front());
    return Unavailable(fmt::format("cannot write {}/{}: {}; {}. Make room on the disk, or mend it",
                                   dir,
                                   FileName(sequence),
                                   status.message(),
                                   last));
  }
  RemoveSurplus(dir, *before, static_cast<size_t>(std::max(keep, 1)));
  return sequence;
}

Result<LatestSnapshot> ReadLatestSnapshot(const std::string& dir) {
  LatestSnapshot latest;
  std::error_code error;
  if (!std::filesystem::exists(dir, error) && !error)
    return latest;
  Result<Listing> listing = List(dir);
  if (!listing)
    return listing.error();
  for (uint64_t sequence : listing->snapshots) {
    std::string path = dir + "/" + FileName(sequence);
    Result<Snapshot> snapshot = ReadSnapshot(path, sequence);
    if (snapshot) {
      latest.snapshot = std::move(*snapshot);
      latest.file = path;
      return latest;
    }
    if (snapshot.error().code() == StatusCode::kInvalidInput) {
      return InvalidInput(
          fmt::format("cannot use snapshot {}: {}", path, snapshot.error().message()));
    }
    if (snapshot.error().code() != StatusCode::kDataLoss)
      return snapshot.error();
    latest.damaged.push_back(SetAside(path, snapshot.error().message()));
  }
  // Also a start after all were set aside must not pass for a first one.
  for (uint64_t sequence : latest.damaged.empty() ? listing->damaged : std::vector<uint64_t>()) {
    latest.damaged.push_back(
        {dir + "/" + FileName(sequence) + std::string(kDamaged), "set aside earlier"});
  }
  if (!latest.damaged.empty())
    return NoneIsSound(dir, latest.damaged);
  return latest;
}

}  // namespace keywatch::state
