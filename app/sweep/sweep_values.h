// `--param threshold=5..50:5`: which parameter of a rule is tried with which values. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/rule/rule_parameters.h"

namespace keywatch::app {

inline constexpr size_t kMostSweepValues = 200;

struct SweepRequest {
  std::string name;
  std::string values;  // as written: a range or a list
};

// "threshold=5..50:5" -> name and values.
Result<SweepRequest> ParseSweepRequest(std::string_view text);

// The values as KQL literals, in the order given, none twice. `5..50`, `5..50:5` and `0.5..2:0.5`
// are ranges, ends included where the step meets them; whole numbers need no step. `10m..2h:10m` is
// one of timespans. `5,10,20` and `true,false` are lists. They must be of the parameter's kind:
// numbers, timespans or bools. kInvalidInput says what was expected.
Result<std::vector<std::string>> SweepValues(const std::string& values, rule::ParameterKind kind);

}  // namespace keywatch::app
