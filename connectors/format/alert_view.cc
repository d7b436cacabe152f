#include "connectors/format/alert_view.h"

#include <algorithm>
#include <array>
#include <optional>

#include <arpa/inet.h>

namespace keywatch::format {
namespace {

using Names = std::initializer_list<std::string_view>;

bool SameText(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// Whatever the case: Azure writes callerIpAddress, CallerIPAddress and callerIPAddress.
const Json* Find(const Json& object, std::string_view name) {
  if (!object.is_object())
    return nullptr;
  for (const auto& item : object.items()) {
    if (SameText(item.key(), name))
      return &item.value();
  }
  return nullptr;
}

std::string TextOf(const Json& value) {
  if (value.is_string())
    return value.get<std::string>();
  return value.is_number() || value.is_boolean() ? Write(value) : "";
}

std::string FirstText(const Json& object, Names names) {
  for (std::string_view name : names) {
    const Json* found = Find(object, name);
    std::string text = found == nullptr ? "" : TextOf(*found);
    if (!text.empty())
      return text;
  }
  return "";
}

std::string Member(const Json& object, const char* name) {
  auto found = object.find(name);
  return found == object.end() ? "" : TextOf(*found);
}

record::Ticks TimeOf(const Json& object, const char* name) {
  return record::ParseIsoDatetime(Member(object, name)).value_or(0);
}

std::vector<std::string> TextsOf(const Json& object, const char* name) {
  std::vector<std::string> out;
  auto found = object.find(name);
  if (found == object.end())
    return out;
  for (const Json& item : *found) {
    if (std::string text = TextOf(item); !text.empty())
      out.push_back(std::move(text));
  }
  return out;
}

// "/subscriptions/S/resourceGroups/G/providers/P/vaults/N" in any case.
ResourceName Split(const std::string& id) {
  ResourceName out;
  out.id = id;
  std::vector<std::string_view> parts;
  std::string_view rest = id;
  while (!rest.empty()) {
    size_t slash = std::min(rest.find('/'), rest.size());
    if (slash > 0)
      parts.push_back(rest.substr(0, slash));
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  for (size_t i = 0; i + 1 < parts.size(); i += 2) {
    if (SameText(parts[i], "subscriptions")) {
      out.subscription = parts[i + 1];
    } else if (SameText(parts[i], "resourceGroups")) {
      out.group = parts[i + 1];
    } else if (SameText(parts[i], "vaults") || SameText(parts[i], "managedHSMs")) {
      out.name = parts[i + 1];
      out.is_hsm = SameText(parts[i], "managedHSMs");
    }
  }
  if (out.name.empty() && !parts.empty())
    out.name = parts.back();
  return out;
}

void AddResource(const std::string& id, std::vector<ResourceName>* resources) {
  bool is_known =
      std::any_of(resources->begin(), resources->end(), [&](const ResourceName& resource) {
        return SameText(resource.id, id);
      });
  if (!id.empty() && !is_known)
    resources->push_back(Split(id));
}

void ReadIdentity(const Json& record, Activity* out) {
  out->caller_id = FirstText(record, {"identity_claim_oid_g", "CallerObjectId"});
  out->app_id = FirstText(record, {"identity_claim_appid_g", "clientAppId"});
  out->caller_name = FirstText(record, {"identity_claim_upn_s"});
  const Json* identity = Find(record, "identity");
  const Json* claim = identity == nullptr ? nullptr : Find(*identity, "claim");
  if (claim == nullptr)
    return;
  constexpr const char* kObjectId = "http://schemas.microsoft.com/identity/claims/objectidentifier";
  constexpr const char* kUpn = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
  if (out->caller_id.empty())
    out->caller_id = FirstText(*claim, {"oid", kObjectId});
  if (out->app_id.empty())
    out->app_id = FirstText(*claim, {"appid", "azp"});
  if (out->caller_name.empty())
    out->caller_name = FirstText(*claim, {"upn", "unique_name", kUpn});
}

Activity ReadActivity(const Json& record) {
  Activity out;
  if (!record.is_object())
    return out;
  const Json* nested = Find(record, "properties");
  const Json nothing = Json::object();
  const Json& properties = nested == nullptr ? nothing : *nested;
  auto either = [&](Names outer, Names inner) {
    std::string text = FirstText(record, outer);
    return text.empty() ? FirstText(properties, inner) : text;
  };
  out.operation = FirstText(record, {"operationName"});
  std::string status =
      either({"httpStatusCode_d", "httpStatusCode"}, {"httpStatusCode", "httpStatus"});
  out.status = std::atoll(status.c_str());
  if (out.status >= 100 && out.status < 600)
    out.outcome = out.status < 400 ? "success" : "failure";
  out.address = either({"callerIpAddress"}, {"callerIpAddress"});
  if (!IsIpAddress(out.address))
    out.address.clear();
  out.request_uri = either({"requestUri_s", "requestUri"}, {"requestUri", "id"});
  out.user_agent = either({"clientInfo_s", "clientInfo"}, {"clientInfo"});
  out.correlation_id = FirstText(record, {"correlationId"});
  out.resource = FirstText(record, {"resourceId", "_ResourceId"});
  ReadIdentity(record, &out);
  return out;
}

void ReadEntities(const Json& json, AlertView* view) {
  for (const Json& item : json["entities"]) {
    EntityView entity;
    entity.type = Member(item, "type");
    for (const auto& identifier : item["identifiers"].items())
      entity.identifiers.emplace_back(identifier.key(), TextOf(identifier.value()));
    if (SameText(entity.type, "AzureResource"))
      AddResource(entity.First({"ResourceId"}), &view->resources);
    view->entities.push_back(std::move(entity));
  }
}

// The canonical JSON has all of these; anything else did not come from keywatch.
bool HasTheShape(const Json& json) {
  if (!json.is_object())
    return false;
  for (const char* name : {"rule", "latency", "customDetails", "row"}) {
    auto found = json.find(name);
    if (found == json.end() || !found->is_object())
      return false;
  }
  for (const char* name : {"entities", "evidence", "tactics", "techniques", "truncated"}) {
    auto found = json.find(name);
    if (found == json.end() || !found->is_array())
      return false;
  }
  return std::all_of(json["entities"].begin(), json["entities"].end(), [](const Json& item) {
    return item.is_object() && item.contains("identifiers") && item["identifiers"].is_object();
  });
}

std::string OfEntity(const AlertView& view, std::string_view type, Names names) {
  for (const EntityView& entity : view.entities) {
    std::string text = SameText(entity.type, type) ? entity.First(names) : "";
    if (!text.empty())
      return text;
  }
  return "";
}

}  // namespace

std::string EntityView::First(std::initializer_list<std::string_view> names) const {
  for (std::string_view name : names) {
    for (const auto& [key, value] : identifiers) {
      if (SameText(key, name) && !value.empty())
        return value;
    }
  }
  return "";
}

record::Ticks AlertView::message_time() const {
  for (record::Ticks time : {ended ? ended_at : evaluated_time, evaluated_time, interval_start}) {
    if (time != 0)
      return time;
  }
  return record::kUnixEpoch;
}

std::string AlertView::address() const {
  std::string mapped = OfEntity(*this, "IP", {"Address"});
  return IsIpAddress(mapped) ? mapped : activity().address;
}

std::string AlertView::caller_id() const {
  std::string mapped = OfEntity(*this, "Account", {"AadUserId", "ObjectGuid", "Sid", "PUID"});
  return mapped.empty() ? activity().caller_id : mapped;
}

std::string AlertView::caller_name() const {
  std::string name = OfEntity(*this, "Account", {"FullName", "Name", "DisplayName"});
  std::string suffix = OfEntity(*this, "Account", {"UPNSuffix"});
  if (!name.empty() && !suffix.empty() && name.find('@') == std::string::npos)
    name += "@" + suffix;
  return name.empty() ? activity().caller_name : name;
}

const Activity& AlertView::activity() const {
  static const Activity kNone;
  return activities.empty() ? kNone : activities.front();
}

Result<AlertView> ReadAlert(std::string_view canonical_json) {
  AlertView view;
  view.json = Json::parse(canonical_json, nullptr, /*allow_exceptions=*/false);
  const Json& json = view.json;
  if (!HasTheShape(json))
    return InvalidInput("expected an alert as in docs/formats/alert.md, found something else");
  view.ended = Member(json, "type") == "alert.ended";
  view.id = Member(json, "id");
  view.rule_id = Member(json["rule"], "id");
  view.rule_name = Member(json["rule"], "name");
  view.rule_version = Member(json["rule"], "version");
  view.severity = FindSeverity(Member(json, "severity"));
  if (view.severity == nullptr) {
    return InvalidInput("expected severity Informational, Low, Medium or High, found: " +
                        Member(json, "severity"));
  }
  view.title = Member(json, "title");
  if (view.title.empty())
    view.title = view.rule_name.empty() ? view.rule_id : view.rule_name;
  view.description = Member(json, "description");
  view.tactics = TextsOf(json, "tactics");
  view.techniques = TextsOf(json, "techniques");
  view.interval_start = TimeOf(json, "intervalStart");
  view.first_event = TimeOf(json, "firstEvent");
  view.last_event = TimeOf(json, "lastEvent");
  view.ended_at = TimeOf(json, "ended");
  view.event_time = TimeOf(json["latency"], "eventTime");
  view.evaluated_time = TimeOf(json["latency"], "evaluatedTime");
  ReadEntities(json, &view);
  for (const Json& item : json["evidence"]) {
    view.activities.push_back(ReadActivity(item.is_object() ? item.value("record", Json()) : item));
    AddResource(view.activities.back().resource, &view.resources);
  }
  return view;
}

std::string Write(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

int64_t UnixMilliseconds(record::Ticks time) {
  return (time - record::kUnixEpoch) / record::kTicksPerMillisecond;
}

bool IsIpAddress(const std::string& text) {
  std::array<uint8_t, 16> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

}  // namespace keywatch::format
