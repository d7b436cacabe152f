// A plan as indented text, one operator a line, the form that tests compare:
//   filter (== ResultType 0)
//     scan SigninLogs [TimeGenerated User ResultType]
#pragma once

#include <string>

#include "engine/plan/node.h"

namespace keywatch::plan {

std::string Print(const NodePtr& node);
// `input` names the columns; without it they print as #0, #1.
std::string Print(const ExprPtr& expr, const record::Schema* input);

}  // namespace keywatch::plan
