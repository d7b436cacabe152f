// Watchlists: `<alias>.yaml` says what the columns are, `<alias>.csv` beside it has the rows.
// docs/watchlists.md describes both for their keepers.
//
// Beside those of the site (watchlist_catalogs.h) a rule finds the watchlists of the nearest folder
// named `watchlists` that stands in its own folder or in one of the three above.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/record/schema_catalog.h"

namespace keywatch::rule {

inline constexpr std::string_view kWatchlistFolder = "watchlists";
inline constexpr size_t kMaxWatchlistRows = 100'000;
inline constexpr size_t kMaxWatchlistBytes = 16 << 20;

// What became of one watchlist: either `watchlist`, or a text that says everything that is wrong
// with its files, with line and column.
struct WatchlistLoad {
  std::string path;   // of the YAML file
  std::string alias;  // also of one that does not load; "": the folder cannot be read
  std::optional<record::Watchlist> watchlist;
  std::string report;
};

// Every *.yaml of the folder, in the order of their names. Of two with the same alias the second
// does not load.
std::vector<WatchlistLoad> LoadWatchlists(const std::string& folder);

// The folder whose watchlists the rule sees.
std::optional<std::string> WatchlistFolderOf(const std::string& rule_path);

// A row of a rule test: every column that is not named is empty. False if the watchlist has no such
// column, which goes to `unknown`.
bool AddRow(const std::vector<std::pair<std::string, std::string>>& cells,
            record::Watchlist* watchlist,
            std::string* unknown);

}  // namespace keywatch::rule
