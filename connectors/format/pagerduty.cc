#include "connectors/format/pagerduty.h"

#include <string>

#include "connectors/format/people_facts.h"
#include "connectors/format/text_limits.h"

namespace keywatch::format {
namespace {

constexpr size_t kSummary = 1024;
constexpr size_t kSource = 255;
constexpr size_t kMostBytes = 512'000;

Json Payload(const AlertView& alert) {
  const ResourceName resource = alert.resources.empty() ? ResourceName() : alert.resources.front();
  Json payload = Json::object();
  payload["summary"] = CutCharacters(PeopleTitle(alert), kSummary);
  payload["source"] = resource.id.empty() ? "unknown resource" : CutBytes(resource.id, kSource);
  payload["severity"] = alert.severity->pagerduty;
  payload["timestamp"] = record::FormatDatetimeShort(
      record::FloorTo(alert.message_time(), record::kTicksPerMillisecond));
  if (!resource.name.empty())
    payload["component"] = CutBytes(resource.name, kSource);
  if (!resource.group.empty())
    payload["group"] = CutBytes(resource.group, kSource);
  payload["class"] = CutBytes(alert.rule_name, kSource);
  Json details = Json::object();
  for (const char* name : {"description",
                           "rule",
                           "tactics",
                           "techniques",
                           "entities",
                           "customDetails",
                           "intervalStart",
                           "firstEvent",
                           "lastEvent",
                           "latency",
                           "row",
                           "evidence",
                           "truncated"}) {
    if (alert.json.contains(name))
      details[name] = alert.json[name];
  }
  payload["custom_details"] = std::move(details);
  return payload;
}

}  // namespace

Result<Message> ToPagerDuty(std::string_view canonical_json, std::string_view routing_key) {
  Result<AlertView> alert = ReadAlert(canonical_json);
  if (!alert)
    return alert.error();
  Json event = Json::object();
  event["routing_key"] = routing_key;
  event["event_action"] = alert->ended ? "resolve" : "trigger";
  event["dedup_key"] = alert->id;
  if (alert->ended)
    return Message{Write(event)};
  event["client"] = "keywatch";
  event["payload"] = Payload(*alert);
  std::string body = Write(event);
  Json& details = event["payload"]["custom_details"];
  for (const char* name : {"evidence", "row", "entities", "customDetails"}) {
    if (body.size() <= kMostBytes)
      break;
    details[name] = "left out: the event would be too large";
    body = Write(event);
  }
  return Message{std::move(body)};
}

}  // namespace keywatch::format
