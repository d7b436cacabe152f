#include "engine/rule/rule_test_match.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

namespace keywatch::rule {
namespace {

using alert::Alert;
using Texts = std::vector<std::pair<std::string, std::string>>;
using Values = std::vector<std::pair<std::string, record::Value>>;

constexpr size_t kNone = static_cast<size_t>(-1);

bool HasEntity(const Alert& alert, const std::string& name, const std::string& text) {
  size_t dot = name.find('.');
  std::string type = name.substr(0, dot);
  for (const alert::Entity& entity : alert.entities) {
    if (entity.type != type)
      continue;
    for (const auto& [identifier, value] : entity.identifiers) {
      bool is_named = dot == std::string::npos || identifier == name.substr(dot + 1);
      if (is_named && value == text)
        return true;
    }
  }
  return false;
}

bool HasValues(const Values& values, const Texts& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&values](const auto& want) {
    return std::any_of(values.begin(), values.end(), [&want](const auto& value) {
      return value.first == want.first && record::ToText(value.second) == want.second;
    });
  });
}

bool Matches(const ExpectedAlert& expected, const Alert& alert) {
  bool entities =
      std::all_of(expected.entities.begin(), expected.entities.end(), [&alert](const auto& entity) {
        return HasEntity(alert, entity.first, entity.second);
      });
  return (!expected.severity || alert.severity == Name(*expected.severity)) &&
         (!expected.title || alert.title == *expected.title) &&
         (!expected.at || alert.interval_start == *expected.at) && entities &&
         HasValues(alert.custom_details, expected.details) && HasValues(alert.row, expected.row);
}

std::string Join(const Texts& texts) {
  std::string out;
  for (const auto& [name, text] : texts)
    out += fmt::format(" {}={}", name, text);
  return out;
}

std::string Describe(const ExpectedAlert& expected) {
  std::string out;
  if (expected.severity)
    out += fmt::format(" severity={}", Name(*expected.severity));
  if (expected.title)
    out += fmt::format(" title={}", *expected.title);
  if (expected.at)
    out += fmt::format(" at={}", record::FormatDatetimeShort(*expected.at));
  out += Join(expected.entities) + Join(expected.details) + Join(expected.row);
  return out.empty() ? " (any)" : out;
}

std::string Describe(const Alert& alert) {
  std::string out = fmt::format(" severity={} title={} at={}",
                                alert.severity,
                                alert.title,
                                record::FormatDatetimeShort(alert.interval_start));
  for (const auto& [name, value] : alert.row)
    out += fmt::format(" {}={}", name, record::ToText(value));
  return out;
}

// Kuhn's maximum bipartite matching: each wanted alert is one slot.
class Pairing {
 public:
  Pairing(std::vector<const ExpectedAlert*> slots, const std::vector<Alert>& alerts)
      : slots_(std::move(slots)), alerts_(alerts), slot_of_(alerts.size(), kNone) {}

  // Whether the slot got an alert; others may have been moved to another one for it.
  bool Place(size_t slot) {
    visited_.assign(alerts_.size(), false);
    return Augment(slot);
  }

  [[nodiscard]] const std::vector<size_t>& slot_of() const { return slot_of_; }

 private:
  // Depth-first with a stack of its own, since a test may expect thousands of alerts.
  bool Augment(size_t root) {
    struct Step {
      size_t slot;
      size_t next_alert;
    };
    std::vector<Step> path = {{root, 0}};
    while (!path.empty()) {
      size_t alert = path.back().next_alert++;
      if (alert >= alerts_.size()) {
        path.pop_back();
        continue;
      }
      if (visited_[alert] || !Matches(*slots_[path.back().slot], alerts_[alert]))
        continue;
      visited_[alert] = true;
      if (slot_of_[alert] != kNone) {
        path.push_back({slot_of_[alert], 0});
        continue;
      }
      for (const Step& step : path)
        slot_of_[step.next_alert - 1] = step.slot;
      return true;
    }
    return false;
  }

  std::vector<const ExpectedAlert*> slots_;
  const std::vector<Alert>& alerts_;
  std::vector<size_t> slot_of_;  // by alert
  std::vector<bool> visited_;
};

}  // namespace

std::vector<std::string> CompareAlerts(const std::vector<ExpectedAlert>& expected,
                                       const std::vector<Alert>& raised) {
  std::vector<std::string> problems;
  std::vector<const ExpectedAlert*> slots;
  for (const ExpectedAlert& alert : expected) {
    // Beyond one slot more than there are alerts nothing new can be learned.
    int64_t most = static_cast<int64_t>(raised.size()) + 1;
    for (int64_t i = 0; i < std::min(alert.count, most); ++i)
      slots.push_back(&alert);
  }
  Pairing pairing(slots, raised);
  for (size_t slot = 0; slot < slots.size(); ++slot) {
    if (!pairing.Place(slot)) {
      problems.push_back(
          fmt::format("expected an alert that was not raised:{}", Describe(*slots[slot])));
    }
  }
  for (size_t i = 0; i < raised.size(); ++i) {
    if (pairing.slot_of()[i] == kNone) {
      problems.push_back(
          fmt::format("raised an alert that was not expected:{}", Describe(raised[i])));
    }
  }
  return problems;
}

}  // namespace keywatch::rule
