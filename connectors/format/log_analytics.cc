#include "connectors/format/log_analytics.h"

#include <string>
#include <utility>

#include "connectors/format/alert_view.h"
#include "connectors/format/text_limits.h"

namespace keywatch::format {
namespace {

constexpr size_t kLongestColumn = 64'000;

}  // namespace

Result<Message> ToLogAnalytics(std::string_view canonical_json) {
  Result<AlertView> alert = ReadAlert(canonical_json);
  if (!alert)
    return alert.error();
  const Json& json = alert->json;
  Json row = {{"TimeGenerated", record::FormatDatetime(alert->message_time())},
              {"AlertType", alert->ended ? "ended" : "raised"},
              {"AlertId", alert->id},
              {"RuleId", alert->rule_id},
              {"RuleName", alert->rule_name},
              {"RuleVersion", alert->rule_version},
              {"Severity", alert->severity->name},
              {"Title", CutBytes(alert->title, kLongestColumn)},
              {"Description", CutBytes(alert->description, kLongestColumn)}};
  for (const auto& [column, member] : {std::pair("IntervalStart", "intervalStart"),
                                       std::pair("FirstEvent", "firstEvent"),
                                       std::pair("LastEvent", "lastEvent"),
                                       std::pair("Ended", "ended")}) {
    row[column] = json.contains(member) ? json[member] : Json();
  }
  Json resources = Json::array();
  for (const ResourceName& resource : alert->resources)
    resources.push_back(resource.id);
  row["Resources"] = resources;
  Json truncated = json["truncated"];
  for (const auto& [column, member] : {std::pair("Tactics", "tactics"),
                                       std::pair("Techniques", "techniques"),
                                       std::pair("Entities", "entities"),
                                       std::pair("CustomDetails", "customDetails"),
                                       std::pair("ResultRow", "row"),
                                       std::pair("Evidence", "evidence"),
                                       std::pair("Latency", "latency")}) {
    bool fits = Write(json[member]).size() <= kLongestColumn;
    row[column] = fits ? json[member] : Json();
    if (!fits)
      truncated.push_back(std::string("/") + member);
  }
  row["Truncated"] = truncated;
  return Message{"[" + Write(row) + "]"};
}

}  // namespace keywatch::format
