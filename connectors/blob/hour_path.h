// Names of the blobs that Azure Monitor writes: one for each resource and hour (UTC). Pure.
//
//   resourceId=/SUBSCRIPTIONS/{id}/RESOURCEGROUPS/{name}/PROVIDERS/MICROSOFT.KEYVAULT/
//     {VAULTS|MANAGEDHSMS}/{name}/y=2026/m=11/d=30/h=02/m=00/PT1H.json
//
// The hour is when Azure Monitor received a record, not when the record says that it happened.
// learn.microsoft.com/azure/azure-monitor/platform/resource-logs-blob-format
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record/time.h"

namespace keywatch::blob {

using record::Ticks;

inline constexpr Ticks kHour = record::kTicksPerHour;
inline constexpr Ticks kDay = record::kTicksPerDay;

struct HourPath {
  std::string_view resource;  // of the name, with the / at its end
  Ticks hour = 0;
};

// Null for a blob that is not one of an hour.
std::optional<HourPath> ParseHourPath(std::string_view name);

// The year of a folder ".../y=2026/"; null for another folder.
std::optional<int> YearOfFolder(std::string_view folder);

// What to list below a resource to see the hours from `from` to before `to`, both whole hours: a
// folder a day, or one hour's folder where one hour is asked for. "y=2026/m=11/d=30/".
std::vector<std::string> FoldersOf(Ticks from, Ticks to);

}  // namespace keywatch::blob
