// What the worker shows of itself to people: a value, taken a few times a second on its own thread,
// that any thread may read without holding it up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/pipeline/blind_intervals.h"
#include "engine/pipeline/io.h"
#include "engine/pipeline/rule_engine.h"

namespace keywatch::pipeline {

struct SourceView {
  std::string name;
  SourceHealth health;
  uint64_t records = 0;     // read and decoded since the start
  uint64_t rejected = 0;    // set aside
  uint64_t duplicates = 0;  // seen before
  record::Ticks newest_event = 0;
  record::Ticks last_read = 0;  // wall time of the last record; 0: none yet
};

struct WorkerView {
  record::Ticks taken = 0;
  record::Ticks started = 0;
  record::Ticks newest_event = 0;
  record::Ticks watermark = 0;      // results that wait on completeness are complete up to here
  record::Ticks last_snapshot = 0;  // durable; 0: none yet
  std::vector<SourceView> sources;
  std::vector<RuleReport> rules;
  record::Ticks scan_time = 0;  // wall time spent on what all rules share, since the start
  std::vector<BlindInterval> blind;
  uint64_t blind_forgotten = 0;
};

}  // namespace keywatch::pipeline
