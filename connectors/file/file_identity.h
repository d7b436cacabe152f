// Which file it is, whatever it is called by now.
//
// A file is known by its device and inode, and by a hash of its first bytes, because the inode of a
// deleted file is given to a new one. The key of its position reads
//   file:<device>:<inode>:<bytes hashed>:<hash>:<path when it was first read>
// with the hash in 16 hexadecimal digits. Up to 1 KiB is hashed, or what the file had when it was
// first read; a key never changes while the file lives, however it grows or is renamed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keywatch::file {

inline constexpr size_t kIdentityBytes = 1024;

struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  size_t prefix_bytes = 0;
  uint64_t prefix_hash = 0;
  std::string path;

  bool operator==(const FileIdentity&) const = default;
};

std::string FormatKey(const FileIdentity& identity);
std::optional<FileIdentity> ParseKey(std::string_view key);

uint64_t HashPrefix(std::string_view prefix);

// What is known of a file that was just found.
struct FoundFile {
  std::string path;
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t modified = 0;  // nanoseconds
  bool packed = false;   // its text is another, longer one: `size` says nothing of it
};

// How well `found`, whose first bytes are `head` (at least kIdentityBytes, or all there are), fits
// a file that was read up to `offset` before. 0: it is another one, or it was cut or replaced.
// Higher is surer. A copy under the same path (rsync, a download of a blob that grew) counts as the
// same file if enough of its beginning is the same. So does, whatever its name, a packed file
// (`head` is of its text) that begins like a plain one: logrotate makes x.log.1.gz of x.log.1.
int MatchIdentity(const FileIdentity& known,
                  int64_t offset,
                  const FoundFile& found,
                  std::string_view head);

}  // namespace keywatch::file
