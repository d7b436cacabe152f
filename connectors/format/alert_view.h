// The canonical JSON of an alert (docs/formats/alert.md), read for the formats: its members as
// values, and what they look for in the evidence. Formats only: it shows the JSON library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "connectors/format/severity.h"
#include "engine/base/status.h"
#include "engine/record/time.h"

namespace keywatch::format {

using Json = nlohmann::ordered_json;

// Of an Azure resource id; "" where it does not say.
struct ResourceName {
  std::string id;
  std::string name;
  std::string group;
  std::string subscription;
  bool is_hsm = false;
};

// What one evidence record says, in whichever layout it came.
struct Activity {
  std::string operation;
  std::string outcome = "unknown";  // success, failure: by the HTTP status
  int64_t status = 0;               // HTTP
  std::string address;              // of the caller: an IP address, or ""
  std::string caller_id;
  std::string caller_name;
  std::string app_id;
  std::string request_uri;
  std::string user_agent;
  std::string correlation_id;
  std::string resource;
};

struct EntityView {
  std::string type;
  std::vector<std::pair<std::string, std::string>> identifiers;

  // "" if there is none of these names; the first that is given.
  [[nodiscard]] std::string First(std::initializer_list<std::string_view> names) const;
};

struct AlertView {
  Json json;
  bool ended = false;
  std::string id;
  std::string rule_id, rule_name, rule_version;
  const Severity* severity = nullptr;
  std::string title, description;
  std::vector<std::string> tactics, techniques;
  std::vector<EntityView> entities;
  record::Ticks interval_start = 0, first_event = 0, last_event = 0, ended_at = 0;  // 0: unknown
  record::Ticks event_time = 0, evaluated_time = 0;
  std::vector<ResourceName> resources;  // of entities, then of evidence; each once
  std::vector<Activity> activities;     // one for each evidence record; empty where it is no object

  // When this message came to be: the raise, or the end. Never 0.
  [[nodiscard]] record::Ticks message_time() const;
  // Entities first, as the rule's author chose them; else of the first evidence. "" if unknown.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::string caller_id() const;
  [[nodiscard]] std::string caller_name() const;
  [[nodiscard]] const Activity& activity() const;  // of the first evidence record
};

Result<AlertView> ReadAlert(std::string_view canonical_json);

// One line of JSON; bytes that are no UTF-8 become U+FFFD.
std::string Write(const Json& json);

int64_t UnixMilliseconds(record::Ticks time);
bool IsIpAddress(const std::string& text);

}  // namespace keywatch::format
