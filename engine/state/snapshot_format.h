// The bytes of a snapshot file: docs/formats/snapshot.md. Pure; snapshot_file.h does the reading
// and writing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace keywatch::state {

inline constexpr uint32_t kSnapshotVersion = 1;

struct SectionView {
  std::string_view name;  // at most 255 bytes, no two the same
  std::string_view bytes;
};

// A snapshot in memory. Views of sections point into it.
class Snapshot {
 public:
  // Takes the whole file; kDataLoss when a byte is not as it was written, kInvalidInput when it is
  // sound but of a newer version than this program knows.
  static Result<Snapshot> Parse(std::string file_bytes);

  [[nodiscard]] uint64_t sequence() const { return sequence_; }
  [[nodiscard]] std::optional<std::string_view> Find(std::string_view section) const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Section {
    std::string name;
    size_t begin = 0;
    size_t size = 0;
  };
  Snapshot() = default;

  uint64_t sequence_ = 0;
  std::string bytes_;
  std::vector<Section> sections_;
};

// What stands before the payloads in the file; they follow in order, with nothing between.
std::string EncodeSnapshotHeader(uint64_t sequence, const std::vector<SectionView>& sections);

}  // namespace keywatch::state
