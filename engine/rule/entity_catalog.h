// The entity types and identifiers that Sentinel knows, and its tactics: for hints, not for
// refusal. The lists grow on Microsoft's side, so a name that is not here is a warning only.
// learn.microsoft.com/azure/sentinel/entities-reference
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keywatch::rule {

struct EntityType {
  std::string name;
  std::vector<std::string> identifiers;
};

const std::vector<EntityType>& EntityTypes();
// By name without regard to case; null if unknown.
const EntityType* FindEntityType(std::string_view name);
const std::vector<std::string>& Tactics();

}  // namespace keywatch::rule
