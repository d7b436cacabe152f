// `keywatch replay`: files through the same path as live records, in event time.
#pragma once

#include <string>
#include <vector>

#include "engine/record/time.h"

namespace keywatch::app {

struct ReplayArguments {
  std::vector<std::string> files;
  std::vector<std::string> rules;
  std::vector<std::string> watchlists;  // folders of the site
  std::string format = "table";         // or jsonl
  bool raise_while_learning = false;
  record::Ticks lateness = 15 * record::kTicksPerMinute;
};

// Alerts go to stdout, nothing else; progress and the summary to stderr. The exit code; that alerts
// were found is no error.
int RunReplay(const ReplayArguments& arguments);

}  // namespace keywatch::app
