// Rows that depend on neither records nor time (a datatable, a watchlist), found by key.
#pragma once

#include <unordered_map>

#include "engine/record/value.h"

namespace keywatch::plan {

// Key -> the row's values. Keys have no null in them: null equals nothing.
struct LookupTable {
  std::unordered_map<record::Row, record::Row, record::RowHash, record::RowEqual> rows;
};

}  // namespace keywatch::plan
