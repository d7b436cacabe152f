// What a sweep found, for people and for programs. Pure.
#pragma once

#include <string>

#include "app/sweep/sweep_rules.h"

namespace keywatch::app {

// A table with a row for each value, and bars.
std::string SweepText(const SweepResult& result);
// One JSON object, ending in a line end.
std::string SweepJson(const SweepResult& result);

}  // namespace keywatch::app
