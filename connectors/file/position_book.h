// The positions of files that are not being read now: restored from a snapshot, or of files that
// went away and may come back.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/file/file_identity.h"
#include "engine/pipeline/io.h"

namespace keywatch::file {

struct KnownPosition {
  std::string key;
  FileIdentity identity;
  int64_t offset = 0;
};

class PositionBook {
 public:
  PositionBook() = default;
  // Keys of other sources are left out.
  explicit PositionBook(const pipeline::Positions& positions);

  // The position of the file that `found` is, and takes it out; of several the surest, then the
  // farthest.
  std::optional<KnownPosition> Take(const FoundFile& found, std::string_view head);

  void Add(KnownPosition position) { positions_.push_back(std::move(position)); }
  // Takes out the oldest beyond `most`.
  std::vector<KnownPosition> Trim(size_t most);

  [[nodiscard]] const std::deque<KnownPosition>& positions() const { return positions_; }

 private:
  std::deque<KnownPosition> positions_;  // oldest first
};

}  // namespace keywatch::file
