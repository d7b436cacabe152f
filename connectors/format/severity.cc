#include "connectors/format/severity.h"

#include <algorithm>
#include <array>

namespace keywatch::format {

const Severity* FindSeverity(std::string_view name) {
  static constexpr std::array<Severity, 4> kSeverities = {{
      {"Informational", "informational", "info", "Default", "⚪", "INFO", 9, 1, 1, 1, 6},
      {"Low", "low", "warning", "Accent", "🔵", "WARN", 13, 2, 3, 2, 5},
      {"Medium", "medium", "error", "Warning", "🟠", "ERROR", 17, 3, 6, 3, 4},
      {"High", "high", "critical", "Attention", "🔴", "ERROR2", 18, 4, 8, 4, 2},
  }};
  const auto* found = std::find_if(kSeverities.begin(),
                                   kSeverities.end(),
                                   [&](const Severity& severity) { return severity.name == name; });
  return found == kSeverities.end() ? nullptr : found;
}

}  // namespace keywatch::format
