#include "connectors/file/position_book.h"

#include <utility>

namespace keywatch::file {

PositionBook::PositionBook(const pipeline::Positions& positions) {
  for (const auto& [key, offset] : positions) {
    std::optional<FileIdentity> identity = ParseKey(key);
    if (identity && offset >= 0)
      positions_.push_back({key, std::move(*identity), offset});
  }
}

std::optional<KnownPosition> PositionBook::Take(const FoundFile& found, std::string_view head) {
  auto best = positions_.end();
  std::pair<int, int64_t> best_match{0, 0};
  for (auto known = positions_.begin(); known != positions_.end(); ++known) {
    std::pair<int, int64_t> match{MatchIdentity(known->identity, known->offset, found, head),
                                  known->offset};
    if (match.first > 0 && match >= best_match) {
      best = known;
      best_match = match;
    }
  }
  if (best == positions_.end())
    return std::nullopt;
  KnownPosition taken = std::move(*best);
  positions_.erase(best);
  return taken;
}

std::vector<KnownPosition> PositionBook::Trim(size_t most) {
  std::vector<KnownPosition> trimmed;
  while (positions_.size() > most) {
    trimmed.push_back(std::move(positions_.front()));
    positions_.pop_front();
  }
  return trimmed;
}

}  // namespace keywatch::file
