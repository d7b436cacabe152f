#include "connectors/format/alertmanager.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "connectors/format/alert_view.h"
#include "connectors/format/text_limits.h"

namespace keywatch::format {
namespace {

constexpr size_t kLabel = 256;
constexpr size_t kSummary = 1024;
constexpr size_t kAnnotation = 8 << 10;

// "Unusual key release: new principal" becomes "UnusualKeyReleaseNewPrincipal".
std::string AlertName(const AlertView& alert) {
  std::string out;
  bool starts_word = true;
  for (char c : alert.rule_name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      starts_word = true;
      continue;
    }
    out += starts_word ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    starts_word = false;
  }
  return out.empty() ? "Keywatch" : CutBytes(out, kLabel);
}

Json Labels(const AlertView& alert) {
  Json labels = Json::object();
  auto add = [&](const char* name, const std::string& value) {
    std::string line = CutBytes(VisibleLine(value), kLabel);
    if (!line.empty())  // Alertmanager removes empty labels
      labels[name] = line;
  };
  add("alertname", AlertName(alert));
  add("alert_id", alert.id);
  add("rule_id", alert.rule_id);
  add("severity", std::string(alert.severity->label));
  add("tactics", fmt::format("{}", fmt::join(alert.tactics, ",")));
  if (!alert.resources.empty())
    add("vault", alert.resources.front().name);
  add("address", alert.address());
  add("account", alert.caller_name().empty() ? alert.caller_id() : alert.caller_name());
  return labels;
}

Json Annotations(const AlertView& alert) {
  Json annotations = Json::object();
  auto add = [&](const char* name, const std::string& value, size_t most) {
    if (!value.empty())
      annotations[name] = CutBytes(value, most);
  };
  add("summary", VisibleLine(alert.title), kSummary);
  add("description", Visible(alert.description), kAnnotation);
  add("rule", VisibleLine(alert.rule_name), kSummary);
  if (!alert.resources.empty())
    add("resource", VisibleLine(alert.resources.front().id), kSummary);
  add("techniques", fmt::format("{}", fmt::join(alert.techniques, ",")), kSummary);
  for (const auto& [name, time] : {std::pair("first_event", alert.first_event),
                                   std::pair("last_event", alert.last_event),
                                   std::pair("ended", alert.ended_at)}) {
    if (time != 0)
      add(name, record::FormatDatetime(time), kSummary);
  }
  // JSON texts; cut ones are no longer JSON, and end in "…".
  for (const char* name : {"entities", "customDetails", "row", "evidence"}) {
    std::string text = Write(alert.json[name]);
    if (!alert.json[name].empty())
      annotations[name] = text.size() <= kAnnotation ? text : CutBytes(text, kAnnotation) + "…";
  }
  return annotations;
}

}  // namespace

Result<std::string> ToAlertmanagerAlert(std::string_view canonical_json, record::Ticks ends_at) {
  Result<AlertView> alert = ReadAlert(canonical_json);
  if (!alert)
    return alert.error();
  // An end before the start is refused.
  record::Ticks start = alert->interval_start == 0 ? alert->message_time() : alert->interval_start;
  Json out = {{"labels", Labels(*alert)},
              {"annotations", Annotations(*alert)},
              {"startsAt", record::FormatDatetime(std::min(start, ends_at))},
              {"endsAt", record::FormatDatetime(ends_at)}};
  return Write(out);
}

Message AlertmanagerMessage(const std::vector<std::string>& alerts) {
  return {fmt::format("[{}]", fmt::join(alerts, ","))};
}

}  // namespace keywatch::format
