// An alert as the page shows it: read from its canonical JSON (docs/formats/alert.md), values as
// they are written there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/record/time.h"

namespace keywatch::app::page {

using record::Ticks;
using TextPairs = std::vector<std::pair<std::string, std::string>>;

struct EntityView {
  std::string type;
  TextPairs identifiers;
};

struct EvidenceView {
  std::string origin;
  std::string offset;
  std::string index;
  std::string record;  // verbatim
  // What the record says of itself, as far as it is an object; "" or 0 otherwise.
  Ticks time = 0;
  std::string operation;
  std::string caller;
  std::string status;
  std::string resource;
};

struct AlertView {
  std::string id;
  std::string rule_id;
  std::string rule_name;
  std::string rule_version;
  std::string rule_kind;
  std::string rule_sha256;
  std::string severity;
  std::vector<std::string> tactics;
  std::vector<std::string> techniques;
  std::string title;
  std::string description;
  std::vector<EntityView> entities;
  TextPairs custom_details;
  TextPairs row;
  Ticks interval_start = 0;  // times: 0 is unknown
  Ticks first_event = 0;
  Ticks last_event = 0;
  Ticks ended = 0;  // in the JSON of an end: when the finding was over
  std::vector<EvidenceView> evidence;
  Ticks event_time = 0;
  Ticks broker_time = 0;
  Ticks read_time = 0;
  Ticks evaluated_time = 0;
  std::vector<std::string> truncated;
  // Resource ids that its entities and evidence name, in lower case, each once.
  std::vector<std::string> resources;
};

AlertView ReadAlert(std::string_view json);

// "contoso-hsm" of ".../managedhsms/contoso-hsm".
std::string_view ShortResource(std::string_view resource_id);

}  // namespace keywatch::app::page
