// The watchlists that each rule sees: those of the site for every rule, and below them those of the
// folder `watchlists` nearest to the rule (watchlist_file.h).
//
// A list of the site stands in place of a nearer one with the same alias as a whole, also when it
// does not load: a rule that asks for it then does not load either, rather than to go on with rows
// that nobody wanted. A folder of the site that cannot be read may have any list, so no rule sees
// any watchlist then. Of two folders of the site the later one counts.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/record/schema_catalog.h"
#include "engine/rule/watchlist_file.h"

namespace keywatch::rule {

class WatchlistCatalogs {
 public:
  // `tables` without watchlists. Reads the folders of the site.
  WatchlistCatalogs(record::SchemaCatalog tables, const std::vector<std::string>& site_folders);

  // The tables and watchlists that the rule of this file sees. A folder is looked for once for each
  // folder of rules, and read once. Stays valid as long as this object.
  const record::SchemaCatalog& Of(const std::string& rule_path);

  // The lists that did not load since the last call.
  std::vector<WatchlistLoad> TakeProblems();

 private:
  void ReadSite(const std::string& folder);
  const record::SchemaCatalog& Read(const std::string& folder);
  [[nodiscard]] bool IsOfSite(const std::string& folder) const;

  record::SchemaCatalog site_;  // the tables, and the site's lists
  std::vector<std::string> site_folders_;
  std::set<std::string> taken_;  // aliases of the site, also of lists that do not load
  bool site_unreadable_ = false;
  std::map<std::string, std::optional<std::string>> folder_of_;  // by folder of rules
  std::map<std::string, record::SchemaCatalog> catalogs_;        // by folder of watchlists
  std::vector<WatchlistLoad> problems_;
};

}  // namespace keywatch::rule
