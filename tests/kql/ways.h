// The ways in which a bound query can be run. Every `query` case runs each of them; all must agree.
// A new driver adds itself to the list in ways.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/batch/executor.h"
#include "engine/plan/node.h"

namespace keywatch::kql_tests {

struct Way {
  std::string name;
  // The result rows, columns as in the plan's schema, in any order unless the query sorts; null
  // when this way does not run plans of that shape.
  std::optional<std::vector<record::Row>> (*run)(const plan::NodePtr& plan,
                                                 const batch::Tables& tables,
                                                 record::Ticks now);
  // Whether rows come in the order that the query asks for, and lists in that of their rows.
  bool ordered = true;
};

// The first one is what expectations are made of.
std::vector<Way> Ways();

}  // namespace keywatch::kql_tests
