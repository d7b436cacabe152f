#include "connectors/format/ocsf.h"

#include <string>

#include "connectors/format/alert_view.h"
#include "connectors/format/attack_names.h"

namespace keywatch::format {
namespace {

constexpr const char* kSchemaVersion = "1.8.0";
constexpr int kClass = 2004;
constexpr int kCreate = 1;
constexpr int kClose = 3;
constexpr int kObservableIp = 2;
constexpr int kObservableResource = 10;

void AddMilliseconds(const char* name, record::Ticks time, Json* out) {
  if (time != 0)
    (*out)[name] = UnixMilliseconds(time);
}

void AddText(const char* name, const std::string& text, Json* out) {
  if (!text.empty())
    (*out)[name] = text;
}

// The rule names tactics and techniques, but does not pair them: each stands alone.
Json Attacks(const AlertView& alert) {
  Json out = Json::array();
  for (const std::string& name : alert.tactics) {
    const Tactic* tactic = FindTactic(name);
    Json entry = {{"name", tactic == nullptr ? std::string_view(name) : tactic->name}};
    if (tactic != nullptr)
      entry["uid"] = tactic->id;
    out.push_back({{"tactic", entry}});
  }
  for (const std::string& id : alert.techniques) {
    size_t dot = id.find('.');
    Json entry = {{"technique", {{"uid", id.substr(0, dot)}}}};
    if (dot != std::string::npos)
      entry["sub_technique"] = {{"uid", id}};
    out.push_back(entry);
  }
  return out;
}

Json FindingInfo(const AlertView& alert) {
  Json analytic = {{"type_id", 1}, {"type", "Rule"}, {"uid", alert.rule_id}};
  AddText("name", alert.rule_name, &analytic);
  AddText("version", alert.rule_version, &analytic);
  Json info = {{"uid", alert.id}, {"title", alert.title}};
  AddText("desc", alert.description, &info);
  info["analytic"] = analytic;
  if (Json attacks = Attacks(alert); !attacks.empty())
    info["attacks"] = attacks;
  AddMilliseconds("first_seen_time", alert.first_event, &info);
  AddMilliseconds("last_seen_time", alert.last_event, &info);
  AddMilliseconds("created_time", alert.evaluated_time, &info);
  if (alert.ended)
    AddMilliseconds("modified_time", alert.ended_at, &info);
  return info;
}

Json Resources(const AlertView& alert) {
  Json out = Json::array();
  for (const ResourceName& resource : alert.resources) {
    Json entry = {{"uid", resource.id}};
    AddText("name", resource.name, &entry);
    entry["type"] = resource.is_hsm ? "Azure Managed HSM" : "Azure Key Vault";
    if (!resource.group.empty())
      entry["group"] = {{"name", resource.group}};
    out.push_back(entry);
  }
  return out;
}

Json Evidence(const Activity& activity, const Json& record) {
  Json out = Json::object();
  Json user = Json::object();
  AddText("uid", activity.caller_id, &user);
  AddText("name", activity.caller_name, &user);
  Json actor = Json::object();
  if (!user.empty())
    actor["user"] = user;
  AddText("app_uid", activity.app_id, &actor);
  if (!actor.empty())
    out["actor"] = actor;
  if (!activity.operation.empty()) {
    Json api = {{"operation", activity.operation}};
    if (!activity.correlation_id.empty())
      api["request"] = {{"uid", activity.correlation_id}};
    if (activity.status != 0)
      api["response"] = {{"code", activity.status}};
    out["api"] = api;
  }
  if (!activity.address.empty())
    out["src_endpoint"] = {{"ip", activity.address}};
  if (!activity.user_agent.empty())
    out["http_request"] = {{"user_agent", activity.user_agent}};
  if (!activity.request_uri.empty())
    out["url"] = {{"url_string", activity.request_uri}};
  out["data"] = record;
  return out;
}

Json Observables(const AlertView& alert) {
  Json out = Json::array();
  for (const ResourceName& resource : alert.resources) {
    out.push_back({{"name", "resources[].uid"},
                   {"type_id", kObservableResource},
                   {"type", "Resource UID"},
                   {"value", resource.id}});
  }
  if (std::string address = alert.address(); !address.empty()) {
    out.push_back({{"name", "evidences[].src_endpoint.ip"},
                   {"type_id", kObservableIp},
                   {"type", "IP Address"},
                   {"value", address}});
  }
  return out;
}

Json Metadata(const AlertView& alert, const Sender& sender, bool has_cloud) {
  Json product = {{"name", "keywatch"}, {"vendor_name", "keywatch"}};
  AddText("version", sender.version, &product);
  Json out = {{"version", kSchemaVersion}, {"product", product}};
  out["uid"] = MessageId(alert.id, alert.ended);
  AddText("correlation_uid", alert.activity().correlation_id, &out);
  if (has_cloud)
    out["profiles"] = Json::array({"cloud"});
  return out;
}

Json Unmapped(const Json& alert) {
  Json out = Json::object();
  for (const char* name : {"entities", "customDetails", "row", "intervalStart", "latency"}) {
    if (alert.contains(name) && !alert[name].empty())
      out[name] = alert[name];
  }
  out["ruleSha256"] = alert["rule"].value("sha256", "");
  out["ruleKind"] = alert["rule"].value("kind", "");
  if (!alert["truncated"].empty())
    out["truncated"] = alert["truncated"];
  return out;
}

}  // namespace

Result<Message> ToOcsf(std::string_view canonical_json, const Sender& sender) {
  Result<AlertView> alert = ReadAlert(canonical_json);
  if (!alert)
    return alert.error();
  int activity = alert->ended ? kClose : kCreate;
  bool has_cloud = !alert->resources.empty() && !alert->resources.front().subscription.empty();
  Json out = {{"class_uid", kClass},
              {"class_name", "Detection Finding"},
              {"category_uid", 2},
              {"category_name", "Findings"},
              {"activity_id", activity},
              {"activity_name", alert->ended ? "Close" : "Create"},
              {"type_uid", kClass * 100 + activity},
              {"severity_id", alert->severity->ocsf},
              {"severity", alert->severity->name},
              {"time", UnixMilliseconds(alert->message_time())}};
  AddMilliseconds("start_time", alert->first_event, &out);
  AddMilliseconds("end_time", alert->last_event, &out);
  out["status_id"] = alert->ended ? 4 : 1;
  out["status"] = alert->ended ? "Resolved" : "New";
  out["is_alert"] = !alert->ended;
  out["message"] = alert->title;
  out["metadata"] = Metadata(*alert, sender, has_cloud);
  out["finding_info"] = FindingInfo(*alert);
  if (has_cloud) {
    out["cloud"] = {{"provider", "Azure"},
                    {"account", {{"uid", alert->resources.front().subscription}}}};
  }
  if (!alert->resources.empty())
    out["resources"] = Resources(*alert);
  Json evidences = Json::array();
  for (size_t i = 0; i < alert->activities.size(); ++i) {
    const Json& item = alert->json["evidence"][i];
    evidences.push_back(Evidence(alert->activities[i], item.value("record", Json())));
  }
  if (!evidences.empty())
    out["evidences"] = evidences;
  if (Json observables = Observables(*alert); !observables.empty())
    out["observables"] = observables;
  out["unmapped"] = Unmapped(alert->json);
  return Message{Write(out)};
}

}  // namespace keywatch::format
