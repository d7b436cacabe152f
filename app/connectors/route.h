// Which alerts go to a sink: `route` of a sink.
//
//   route:
//     severity: [High, Medium]   or   min_severity: Medium
//     rules: [..]      ids or names; * stands for any text
//     tactics: [..]    as in rules: CredentialAccess
//     resources: [..]  names or ids of vaults and HSMs; * stands for any text
//
// An alert is taken when it meets every key that is given, and one of the key's values; case does
// not matter. Without a route a sink takes all alerts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/connectors/fields.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct Route {
  std::vector<std::string> severities;
  std::vector<std::string> rules;
  std::vector<std::string> tactics;
  std::vector<std::string> resources;

  [[nodiscard]] bool takes_all() const {
    return severities.empty() && rules.empty() && tactics.empty() && resources.empty();
  }
  bool operator==(const Route&) const = default;
};

// Of the sink whose fields these are.
Route ReadRoute(Fields* fields);

// An alert that cannot be read is taken: it is not the route that loses one.
bool Takes(const Route& route, const pipeline::OutgoingAlert& alert);

// Severities that no sink is sure to take: every route either leaves them out or asks for more.
std::vector<std::string> UnroutedSeverities(const std::vector<Route>& routes);

// `pattern` with `*` for any text; case does not matter.
bool MatchesPattern(std::string_view pattern, std::string_view text);

}  // namespace keywatch::app
