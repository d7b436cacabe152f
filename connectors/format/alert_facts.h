// What routing looks at, read from an alert's canonical JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace keywatch::format {

struct AlertFacts {
  std::string rule_name;
  std::vector<std::string> tactics;
  std::vector<std::string> resources;  // ids of vaults and HSMs, of entities and of evidence
};

Result<AlertFacts> ReadFacts(std::string_view canonical_json);

}  // namespace keywatch::format
