#include "connectors/file/file_identity.h"

#include <charconv>

#include <fmt/core.h>

namespace keywatch::file {

namespace {

// An AuditEvent record has about 1 KiB, and its time and correlation id come within this.
constexpr size_t kSurePrefixBytes = 512;

constexpr std::string_view kScheme = "file:";

template <class Number>
bool TakeNumber(std::string_view* text, int base, Number* number) {
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number, base);
  if (error != std::errc() || end == text->data() + text->size() || *end != ':')
    return false;
  text->remove_prefix(static_cast<size_t>(end - text->data()) + 1);
  return true;
}

}  // namespace

std::string FormatKey(const FileIdentity& identity) {
  return fmt::format("{}{}:{}:{}:{:016x}:{}",
                     kScheme,
                     identity.device,
                     identity.inode,
                     identity.prefix_bytes,
                     identity.prefix_hash,
                     identity.path);
}

std::optional<FileIdentity> ParseKey(std::string_view key) {
  if (!key.starts_with(kScheme))
    return std::nullopt;
  key.remove_prefix(kScheme.size());
  FileIdentity identity;
  if (!TakeNumber(&key, 10, &identity.device) || !TakeNumber(&key, 10, &identity.inode) ||
      !TakeNumber(&key, 10, &identity.prefix_bytes) ||
      !TakeNumber(&key, 16, &identity.prefix_hash) || identity.prefix_bytes > kIdentityBytes) {
    return std::nullopt;
  }
  identity.path = key;
  return identity;
}

// FNV-1a and a final mix: the keys are on disk, so this never changes.
uint64_t HashPrefix(std::string_view prefix) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char byte : prefix)
    hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
  hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93;
  return hash ^ (hash >> 32);
}

int MatchIdentity(const FileIdentity& known,
                  int64_t offset,
                  const FoundFile& found,
                  std::string_view head) {
  bool same_inode = known.inode == found.inode;
  bool same_path = known.path == found.path;
  if (!same_inode && !same_path && !found.packed)
    return 0;
  if ((found.size < offset && !found.packed) || head.size() < known.prefix_bytes)
    return 0;
  if (HashPrefix(head.substr(0, known.prefix_bytes)) != known.prefix_hash)
    return 0;
  if (same_inode && known.device == found.device)
    return 3;
  if (known.prefix_bytes < kSurePrefixBytes)
    return 0;
  // Else the same inode: a device gets another number when disks are added.
  return same_path ? 2 : 1;
}

}  // namespace keywatch::file
