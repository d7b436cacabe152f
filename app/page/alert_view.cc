#include "app/page/alert_view.h"

#include <algorithm>
#include <initializer_list>

#include "app/page/ascii.h"
#include "app/page/json_slices.h"

namespace keywatch::app::page {
namespace {

TextPairs Pairs(std::string_view object) {
  TextPairs out;
  for (const JsonMember& member : JsonMembers(object))
    out.emplace_back(member.name, JsonText(member.value));
  return out;
}

std::vector<std::string> Texts(std::string_view array) {
  std::vector<std::string> out;
  for (std::string_view element : JsonElements(array))
    out.push_back(JsonText(element));
  return out;
}

Ticks Time(std::string_view value) { return record::ParseIsoDatetime(JsonText(value)).value_or(0); }

// The first of `names` (in lower case) that the record has, whatever its case.
std::string OneOf(const std::vector<JsonMember>& members,
                  std::initializer_list<std::string_view> names) {
  for (std::string_view name : names) {
    for (const JsonMember& member : members) {
      if (Lower(member.name) == name && member.value != "null")
        return JsonText(member.value);
    }
  }
  return "";
}

EvidenceView ReadEvidence(std::string_view json) {
  std::vector<JsonMember> members = JsonMembers(json);
  EvidenceView evidence;
  evidence.origin = JsonText(JsonValue(members, "origin"));
  evidence.offset = JsonText(JsonValue(members, "offset"));
  evidence.index = JsonText(JsonValue(members, "index"));
  evidence.record = JsonText(JsonValue(members, "record"));
  std::vector<JsonMember> record = JsonMembers(evidence.record);
  evidence.time = record::ParseIsoDatetime(OneOf(record, {"time", "timegenerated"})).value_or(0);
  evidence.operation = OneOf(record, {"operationname"});
  evidence.caller = OneOf(record, {"calleripaddress"});
  evidence.status = OneOf(record, {"resultsignature", "resulttype"});
  evidence.resource = Lower(OneOf(record, {"resourceid", "_resourceid"}));
  return evidence;
}

void AddResource(const std::string& id, std::vector<std::string>* resources) {
  if (!id.empty() && std::find(resources->begin(), resources->end(), id) == resources->end())
    resources->push_back(id);
}

}  // namespace

AlertView ReadAlert(std::string_view json) {
  std::vector<JsonMember> members = JsonMembers(json);
  auto text = [&](std::string_view name) { return JsonText(JsonValue(members, name)); };
  auto time = [&](std::string_view name) { return Time(JsonValue(members, name)); };
  AlertView alert;
  alert.id = text("id");
  std::vector<JsonMember> rule = JsonMembers(JsonValue(members, "rule"));
  alert.rule_id = JsonText(JsonValue(rule, "id"));
  alert.rule_name = JsonText(JsonValue(rule, "name"));
  alert.rule_version = JsonText(JsonValue(rule, "version"));
  alert.rule_kind = JsonText(JsonValue(rule, "kind"));
  alert.rule_sha256 = JsonText(JsonValue(rule, "sha256"));
  alert.severity = text("severity");
  alert.tactics = Texts(JsonValue(members, "tactics"));
  alert.techniques = Texts(JsonValue(members, "techniques"));
  alert.title = text("title");
  alert.description = text("description");
  for (std::string_view element : JsonElements(JsonValue(members, "entities"))) {
    std::vector<JsonMember> entity = JsonMembers(element);
    alert.entities.push_back(
        {JsonText(JsonValue(entity, "type")), Pairs(JsonValue(entity, "identifiers"))});
  }
  alert.custom_details = Pairs(JsonValue(members, "customDetails"));
  alert.row = Pairs(JsonValue(members, "row"));
  alert.interval_start = time("intervalStart");
  alert.first_event = time("firstEvent");
  alert.last_event = time("lastEvent");
  alert.ended = time("ended");
  for (std::string_view element : JsonElements(JsonValue(members, "evidence")))
    alert.evidence.push_back(ReadEvidence(element));
  std::vector<JsonMember> latency = JsonMembers(JsonValue(members, "latency"));
  alert.event_time = Time(JsonValue(latency, "eventTime"));
  alert.broker_time = Time(JsonValue(latency, "brokerTime"));
  alert.read_time = Time(JsonValue(latency, "readTime"));
  alert.evaluated_time = Time(JsonValue(latency, "evaluatedTime"));
  alert.truncated = Texts(JsonValue(members, "truncated"));
  for (const EntityView& entity : alert.entities) {
    for (const auto& [name, value] : entity.identifiers) {
      if (name == "ResourceId")
        AddResource(Lower(value), &alert.resources);
    }
  }
  for (const EvidenceView& evidence : alert.evidence)
    AddResource(evidence.resource, &alert.resources);
  return alert;
}

std::string_view ShortResource(std::string_view resource_id) {
  size_t slash = resource_id.rfind('/');
  return slash == std::string_view::npos ? resource_id : resource_id.substr(slash + 1);
}

}  // namespace keywatch::app::page
