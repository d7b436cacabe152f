// The parts of an Azure resource id:
// /subscriptions/{id}/resourceGroups/{name}/providers/{provider}/{type}/{name}[/{type}/{name}..]
#pragma once

#include <string>
#include <string_view>

namespace keywatch::decode {

struct ResourceParts {
  std::string upper;
  std::string lower;
  // In upper case; "" where the id has no such part. Of a nested resource the types are joined by
  // `/` and the name is the last one.
  std::string subscription;
  std::string group;
  std::string provider;
  std::string type;
  std::string name;
};

ResourceParts ParseResourceId(std::string_view id);

}  // namespace keywatch::decode
