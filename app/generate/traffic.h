// Seeded AuditEvent traffic of an imagined company, with labelled attacks in it.
//
// The same options give the same bytes on every machine. The traffic has three layers: everyday use
// with a daily rhythm; routines that come every day (nightly backups, key releases to attested
// workloads, a few refusals); and, on the days that count,
// scenes: attacks that must raise an alert and lookalikes that must not, each with a label. A thin
// history before the first day gives rules with a baseline something to know. Records come nearly
// in the order of their times, as an export delivers them: some a few seconds late, some minutes,
// some twice.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/record/time.h"

namespace keywatch::generate {

// No record is delivered later than this after its time, as the documentation of Azure Monitor has
// it.
inline constexpr record::Ticks kMaxDelay = 10 * record::kTicksPerMinute;

struct Estate;
struct Story;

struct TrafficOptions {
  uint64_t seed = 1;
  record::Ticks start = 0;         // the first day that counts, at midnight UTC
  int days = 1;                    // 1 to 366
  int history_days = 15;           // before it; 14 days of baseline and one to spare
  uint64_t records = 100'000;      // of everyday use in the days that count, up to 10^9
  uint64_t history_records = 500;  // the same for a day of history
  bool scenes = true;
  // Set: the traffic of this estate, without scenes; `records`, `history_records` and
  // `hsm_per_mille` are not read.
  const Estate* estate = nullptr;
  const Story* story = nullptr;    // played on the first day that counts; needs an estate
  uint64_t history_percent = 100;  // of an estate's requests in the history; jobs are not thinned
  uint64_t hsm_per_mille = 600;    // share of Managed HSM in everyday use
  uint64_t duplicate_per_mille = 20;  // delivered twice
  uint64_t disorder_per_mille = 50;   // up to 3 s late
  uint64_t late_per_mille = 10;       // up to kMaxDelay late
};

// What a scene is, for whoever checks the alerts. Empty: not one but many, or none.
struct Label {
  std::string kind;  // "repeated_denials_by_caller", ..
  std::string rule;  // "repeated-403", "key-release", "backup-new-ip"
  bool should_alert = true;
  std::string principal;  // object id
  std::string address;
  std::string resource;  // resourceId
  std::string operation;
  std::string object;  // of a key: /keys/name/version
  record::Ticks first = 0;
  record::Ticks last = 0;
  uint64_t records = 0;  // different ones; more may be delivered
};

std::string LabelJson(const Label& label);

struct TrafficSinks {
  // JSON of one record without a line end; valid during the call. False: stop.
  std::function<bool(std::string_view record)> record;
  std::function<void(const Label& label)> label;  // before the records of its scene
};

struct TrafficCounts {
  uint64_t records = 0;     // delivered
  uint64_t duplicates = 0;  // of them, the same once more
  uint64_t late = 0;        // of them, minutes late
  uint64_t labels = 0;
};

// kInvalidInput when an option is out of its range. Memory does not grow with the number of records
// beyond those that are due within kMaxDelay.
Result<TrafficCounts> GenerateTraffic(const TrafficOptions& options, const TrafficSinks& sinks);

}  // namespace keywatch::generate
