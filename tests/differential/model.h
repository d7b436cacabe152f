// What the differential test feeds to both drivers: rules over a small table `Events`, random
// streams, and cases that failed once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/node.h"
#include "engine/record/value.h"

namespace keywatch::differential {

using record::Ticks;

// One event; times are small numbers of ticks after kBase. Order in a stream is order of arrival.
struct Event {
  Ticks time = 0;
  std::string k;
  std::string ip;
  int64_t x = 0;
  bool b = false;
  uint64_t id = 0;  // equal ids: the same record delivered again
};
using Stream = std::vector<Event>;

inline constexpr Ticks kBase = 638'000'000'000'000'000;

struct Rule {
  std::string name;
  Ticks period = 20;
  std::string query;
  std::optional<std::vector<size_t>> key;  // output columns that make a finding; null: all of them
  Ticks known_until = 0;                   // the last time that rows written in the query name
};

const std::vector<Rule>& Rules();
// The plan of a rule's query as it is written: what the batch driver takes, so that a mistake of
// the optimizer shows as well.
plan::NodePtr PlanOf(const Rule& rule);

// A row of `Events` in the order of its columns (TimeGenerated, K, Ip, X, B).
record::Row ToRow(const Event& event);
record::Schema EventSchema();

struct StreamShape {
  size_t events = 30;
  Ticks span = 120;
  Ticks lateness = 0;     // how far behind the newest time an event may arrive
  double duplicates = 0;  // share of events delivered again
};
Stream RandomStream(uint64_t seed, const StreamShape& shape);

// Case files: `rule NAME`, then one event a line, `time k ip x b id`.
std::string FormatCase(const std::string& rule, const Stream& stream);
bool ParseCase(const std::string& text, std::string* rule, Stream* stream);

}  // namespace keywatch::differential
