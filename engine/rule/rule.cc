#include "engine/rule/rule.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace keywatch::rule {

const std::vector<std::string>& SeverityNames() {
  static const std::vector<std::string> names = {"Informational", "Low", "Medium", "High"};
  return names;
}

const char* Name(Kind kind) { return kind == Kind::kNrt ? "NRT" : "Scheduled"; }

const char* Name(AlertSeverity severity) {
  return SeverityNames()[static_cast<size_t>(severity)].c_str();
}

const char* Name(TriggerOperator trigger) {
  constexpr std::array<const char*, 4> kNames = {"gt", "lt", "eq", "ne"};
  return kNames[static_cast<size_t>(trigger)];
}

std::optional<AlertSeverity> ParseSeverity(std::string_view text) {
  auto is_same = [text](const std::string& name) {
    return std::equal(
        name.begin(), name.end(), text.begin(), text.end(), [](unsigned char a, unsigned char b) {
          return std::tolower(a) == std::tolower(b);
        });
  };
  const std::vector<std::string>& names = SeverityNames();
  auto found = std::find_if(names.begin(), names.end(), is_same);
  if (found == names.end())
    return std::nullopt;
  return static_cast<AlertSeverity>(found - names.begin());
}

}  // namespace keywatch::rule
