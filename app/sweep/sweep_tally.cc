#include "app/sweep/sweep_tally.h"

#include "engine/record/hash.h"

namespace keywatch::app {

void SweepTally::Add(const alert::Alert& alert) {
  ++alerts_;
  for (const alert::Entity& entity : alert.entities) {
    std::string text;
    for (const auto& [name, value] : entity.identifiers)
      text += (text.empty() ? "" : " ") + value;
    OfType& type = types_[entity.type];
    if (type.seen.size() >= kMostEntities)
      continue;
    bool is_new = type.seen.insert(record::HashBytes(text, record::ProcessHashSeed())).second;
    if (is_new && type.first.size() < kNamed)
      type.first.push_back(std::move(text));
  }
}

size_t SweepTally::Entities(const std::string& type) const {
  auto found = types_.find(type);
  return found == types_.end() ? 0 : found->second.seen.size();
}

std::vector<std::string> SweepTally::First(const std::string& type) const {
  auto found = types_.find(type);
  return found == types_.end() ? std::vector<std::string>() : found->second.first;
}

}  // namespace keywatch::app
