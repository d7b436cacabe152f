// The rows that `_GetWatchlist('alias')` gives: a list kept beside the rules, known beforehand.
#pragma once

#include <string>
#include <vector>

#include "engine/record/schema.h"
#include "engine/record/value.h"

namespace keywatch::record {

// As in Sentinel all columns but LastUpdatedTimeUTC are strings: `_DTItemId`, `LastUpdatedTimeUTC`,
// `SearchKey`, then those of the file.
struct Watchlist {
  std::string alias;
  Schema schema;
  std::vector<Row> rows;
  size_t search_key = 0;  // the column that SearchKey repeats
};

}  // namespace keywatch::record
