#include "connectors/format/ecs.h"

#include <algorithm>
#include <string>

#include "connectors/format/alert_view.h"
#include "connectors/format/attack_names.h"

namespace keywatch::format {
namespace {

constexpr const char* kEcsVersion = "9.4.0";

void Add(const char* name, const std::string& text, Json* out) {
  if (!text.empty())
    (*out)[name] = text;
}

void AddDatetime(const char* name, record::Ticks time, Json* out) {
  if (time != 0)
    (*out)[name] = record::FormatDatetime(time);
}

Json Event(const AlertView& alert, std::string_view canonical_json) {
  const Activity& activity = alert.activity();
  bool is_hsm = !alert.resources.empty() && alert.resources.front().is_hsm;
  Json out = {{"kind", "alert"}, {"category", Json::array({"intrusion_detection"})}};
  out["type"] = Json::array({activity.outcome == "success"   ? "allowed"
                             : activity.outcome == "failure" ? "denied"
                                                             : "info"});
  Add("action", activity.operation, &out);
  out["outcome"] = activity.outcome;
  out["id"] = alert.id;
  out["severity"] = alert.severity->ecs;
  out["module"] = "keywatch";
  out["dataset"] = "keywatch.alert";
  out["provider"] = is_hsm ? "azure.managedhsm" : "azure.keyvault";
  AddDatetime("created", alert.evaluated_time, &out);
  AddDatetime("start", alert.first_event, &out);
  AddDatetime("end", alert.last_event, &out);
  out["reason"] = alert.title;
  out["original"] = canonical_json;
  return out;
}

Json Rule(const AlertView& alert) {
  Json out = {{"id", alert.rule_id}, {"uuid", alert.rule_id}};
  Add("name", alert.rule_name, &out);
  Add("version", alert.rule_version, &out);
  Add("description", alert.description, &out);
  return out;
}

Json Threat(const AlertView& alert) {
  Json ids = Json::array();
  Json names = Json::array();
  for (const std::string& name : alert.tactics) {
    const Tactic* tactic = FindTactic(name);
    names.push_back(tactic == nullptr ? std::string_view(name) : tactic->name);
    if (tactic != nullptr)
      ids.push_back(tactic->id);
  }
  Json techniques = Json::array();
  Json subtechniques = Json::array();
  for (const std::string& id : alert.techniques) {
    std::string technique = id.substr(0, id.find('.'));
    if (std::find(techniques.begin(), techniques.end(), technique) == techniques.end())
      techniques.push_back(technique);
    if (technique != id)
      subtechniques.push_back(id);
  }
  Json out = {{"framework", "MITRE ATT&CK"}, {"tactic", {{"id", ids}, {"name", names}}}};
  if (!techniques.empty())
    out["technique"] = {{"id", techniques}};
  if (!subtechniques.empty())
    out["technique"]["subtechnique"] = {{"id", subtechniques}};
  return out;
}

// Custom details as labels: flat, and texts.
Json RuleLabels(const AlertView& alert) {
  Json out = {{"keywatch_state", alert.ended ? "ended" : "raised"}};
  for (const auto& item : alert.json["customDetails"].items()) {
    std::string name = item.key();
    std::replace(name.begin(), name.end(), '.', '_');
    const Json& value = item.value();
    if (!value.is_null())
      out[name] = value.is_string() ? value.get<std::string>() : Write(value);
  }
  return out;
}

void AddCaller(const AlertView& alert, Json* out) {
  const Activity& activity = alert.activity();
  Json related = Json::object();
  if (std::string address = alert.address(); !address.empty()) {
    (*out)["source"] = {{"ip", address}};
    related["ip"] = Json::array({address});
  }
  Json user = Json::object();
  Json users = Json::array();
  for (const auto& [name, text] : {std::pair<const char*, std::string>{"id", alert.caller_id()},
                                   {"name", alert.caller_name()}}) {
    Add(name, text, &user);
    if (!text.empty())
      users.push_back(text);
  }
  if (!user.empty()) {
    (*out)["user"] = user;
    related["user"] = users;
  }
  if (!related.empty())
    (*out)["related"] = related;
  if (!activity.user_agent.empty())
    (*out)["user_agent"] = {{"original", activity.user_agent}};
  if (activity.status != 0)
    (*out)["http"] = {{"response", {{"status_code", activity.status}}}};
  if (!activity.request_uri.empty())
    (*out)["url"] = {{"full", activity.request_uri}};
}

}  // namespace

Result<Message> ToEcs(std::string_view canonical_json, const Sender& sender) {
  Result<AlertView> alert = ReadAlert(canonical_json);
  if (!alert)
    return alert.error();
  record::Ticks time = alert->ended ? alert->ended_at : alert->event_time;
  Json out = {{"@timestamp", record::FormatDatetime(time == 0 ? alert->message_time() : time)},
              {"ecs", {{"version", kEcsVersion}}},
              {"message", alert->title},
              {"event", Event(*alert, canonical_json)},
              {"rule", Rule(*alert)}};
  if (!alert->tactics.empty() || !alert->techniques.empty())
    out["threat"] = Threat(*alert);
  AddCaller(*alert, &out);
  if (!alert->resources.empty()) {
    const ResourceName& resource = alert->resources.front();
    Json cloud = {{"provider", "azure"}};
    if (!resource.subscription.empty())
      cloud["account"] = {{"id", resource.subscription}};
    cloud["service"] = {{"name", resource.is_hsm ? "managed-hsm" : "key-vault"}};
    out["cloud"] = cloud;
  }
  Json observer = {{"vendor", "keywatch"}, {"product", "keywatch"}, {"type", "ids"}};
  Add("version", sender.version, &observer);
  out["observer"] = observer;
  out["labels"] = RuleLabels(*alert);
  out["tags"] = Json::array({"keywatch"});
  return Message{Write(out)};
}

}  // namespace keywatch::format
