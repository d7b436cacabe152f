// What keywatch tells the world: one finding of one rule.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/record/evidence.h"
#include "engine/record/value.h"

namespace keywatch::alert {

struct Entity {
  std::string type;                                              // "Account", "IP", ..
  std::vector<std::pair<std::string, std::string>> identifiers;  // {"Address", "203.0.113.7"}
};

using record::Evidence;

// When the decisive record passed each station; 0: unknown. `sent` is added by the sink.
struct LatencyPassport {
  record::Ticks event = 0;
  record::Ticks broker = 0;
  record::Ticks read = 0;
  record::Ticks evaluated = 0;
};

struct RuleIdentity {
  std::string id;
  std::string name;
  std::string version;
  std::string kind;
  std::string sha256;  // of the rule file's bytes
};

struct Alert {
  std::string id;
  RuleIdentity rule;
  std::string severity;
  std::vector<std::string> tactics;
  std::vector<std::string> techniques;
  std::string title;
  std::string description;
  std::vector<Entity> entities;
  std::vector<std::pair<std::string, record::Value>> custom_details;
  record::Ticks interval_start = 0;  // the first instant at which a run of the rule finds this
  record::Ticks first_event = 0;
  record::Ticks last_event = 0;
  std::vector<std::pair<std::string, record::Value>> row;  // the result row
  std::vector<Evidence> evidence;
  LatencyPassport latency;
};

// A finding that an alert was raised for holds no more, and no record can change that.
struct EndedAlert {
  std::string id;           // of the alert
  record::Ticks ended = 0;  // the first instant at which a run of the rule does not find it
};

}  // namespace keywatch::alert
