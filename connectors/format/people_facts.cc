#include "connectors/format/people_facts.h"

#include <fmt/format.h>

#include "connectors/format/attack_names.h"
#include "connectors/format/text_limits.h"

namespace keywatch::format {
namespace {

constexpr size_t kMost = 10;

std::string Tactics(const AlertView& alert) {
  std::string out;
  for (const std::string& name : alert.tactics) {
    const Tactic* tactic = FindTactic(name);
    out += (out.empty() ? "" : ", ") + (tactic == nullptr ? name : std::string(tactic->name));
  }
  for (const std::string& technique : alert.techniques)
    out += (out.empty() ? "" : ", ") + technique;
  return out;
}

std::string Identifiers(const EntityView& entity) {
  std::string out;
  for (const auto& [name, value] : entity.identifiers)
    out += (out.empty() ? "" : ", ") + value;
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> PeopleFacts(const AlertView& alert,
                                                             size_t longest) {
  std::vector<std::pair<std::string, std::string>> out;
  auto add = [&](const std::string& label, const std::string& value) {
    std::string line = VisibleLine(value);
    if (!line.empty() && out.size() < kMost)
      out.emplace_back(CutBytes(VisibleLine(label), 40), CutBytes(line, longest));
  };
  add("Severity", std::string(alert.severity->name));
  add("Rule", alert.rule_name);
  if (alert.interval_start != 0)
    add("Since", record::FormatDatetimeShort(alert.interval_start));
  if (alert.ended_at != 0)
    add("Ended", record::FormatDatetimeShort(alert.ended_at));
  add("Tactics", Tactics(alert));
  add("Operation", alert.activity().operation);
  for (const EntityView& entity : alert.entities)
    add(entity.type, Identifiers(entity));
  if (alert.entities.empty() && !alert.resources.empty())
    add("Resource", alert.resources.front().id);
  return out;
}

std::string PeopleTitle(const AlertView& alert) {
  return fmt::format(
      "{}: {}", alert.ended ? "Ended" : alert.severity->name, VisibleLine(alert.title));
}

}  // namespace keywatch::format
