// Records in files, evaluated in event time: what `replay`, `replay --seed` and `rules sweep` have
// in common. The same decoder, the same dropping of duplicates and the same engine as in a service.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/pipeline/rule_engine.h"

namespace keywatch::app {

struct HistoryTotals {
  uint64_t rows = 0;
  uint64_t duplicates = 0;                    // of `rows`: seen before
  uint64_t other_category = 0;                // skipped
  std::map<std::string, uint64_t> set_aside;  // by reason
  std::string first_set_aside;                // where, and what was wrong
  std::vector<std::string> damaged;           // files of which a part could not be read
  record::Ticks oldest = 0;                   // event time; 0: no record
  record::Ticks newest = 0;
  bool stopped = false;  // before the end: by `stop`, or by who takes the alerts
};

// False: reading ends.
using TakeAlerts = std::function<bool(std::vector<alert::Alert>)>;

// Reads all of `files` (names, globs, folders; `-` is standard input), merged by time, into
// `engine`; with `to_the_end` event time then goes on by the allowed lateness, because nothing can
// come any more (not if reading was stopped). A progress bar on stderr when that is a terminal. An
// error when the files cannot be opened or read.
Result<HistoryTotals> ReadHistory(const std::vector<std::string>& files,
                                  bool to_the_end,
                                  const std::atomic<bool>& stop,
                                  pipeline::RuleEngine* engine,
                                  const TakeAlerts& take);

// What was read, set aside and damaged, in lines for stderr.
std::string Summary(const HistoryTotals& totals);

}  // namespace keywatch::app
