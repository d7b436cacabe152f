// Driver 1: runs a plan over complete tables in memory. Obvious rather than fast: it is the
// reference that the delta driver is measured against, and what `query` runs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/plan/node.h"
#include "engine/record/schema.h"

namespace keywatch::batch {

struct TableData {
  record::Schema schema;
  std::vector<record::Row> rows;
};
using Tables = std::map<std::string, TableData, std::less<>>;

// The result rows of `plan` for the instant `now`. A table that is not in `tables` is empty. Rows
// come in input order where no operator says otherwise; groups in the order of their first row.
std::vector<record::Row> Execute(const plan::NodePtr& plan,
                                 const Tables& tables,
                                 record::Ticks now);

}  // namespace keywatch::batch
