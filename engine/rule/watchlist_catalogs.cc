#include "engine/rule/watchlist_catalogs.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace keywatch::rule {

namespace fs = std::filesystem;

WatchlistCatalogs::WatchlistCatalogs(record::SchemaCatalog tables,
                                     const std::vector<std::string>& site_folders)
    : site_(std::move(tables)), site_folders_(site_folders) {
  for (const std::string& folder : site_folders)
    ReadSite(folder);
  if (site_unreadable_) {
    for (const std::string& alias : site_.watchlist_names())
      site_.RemoveWatchlist(alias);
  }
}

void WatchlistCatalogs::ReadSite(const std::string& folder) {
  for (WatchlistLoad& load : LoadWatchlists(folder)) {
    site_unreadable_ = site_unreadable_ || load.alias.empty();
    taken_.insert(load.alias);
    if (load.watchlist) {
      site_.SetWatchlist(std::move(*load.watchlist));
    } else {
      site_.RemoveWatchlist(load.alias);
      problems_.push_back(std::move(load));
    }
  }
}

bool WatchlistCatalogs::IsOfSite(const std::string& folder) const {
  return std::any_of(site_folders_.begin(), site_folders_.end(), [&](const std::string& site) {
    std::error_code error;
    return fs::equivalent(folder, site, error);
  });
}

const record::SchemaCatalog& WatchlistCatalogs::Read(const std::string& folder) {
  auto [entry, is_new] = catalogs_.try_emplace(folder, site_);
  if (!is_new || site_unreadable_ || IsOfSite(folder))
    return entry->second;
  for (WatchlistLoad& load : LoadWatchlists(folder)) {
    if (taken_.contains(load.alias))
      continue;
    if (load.watchlist) {
      entry->second.SetWatchlist(std::move(*load.watchlist));
    } else {
      entry->second.RemoveWatchlist(load.alias);
      problems_.push_back(std::move(load));
    }
  }
  return entry->second;
}

const record::SchemaCatalog& WatchlistCatalogs::Of(const std::string& rule_path) {
  std::string folder = fs::path(rule_path).parent_path().string();
  auto [found, is_new] = folder_of_.try_emplace(folder);
  if (is_new)
    found->second = WatchlistFolderOf(rule_path);
  return found->second ? Read(*found->second) : site_;
}

std::vector<WatchlistLoad> WatchlistCatalogs::TakeProblems() {
  return std::exchange(problems_, {});
}

}  // namespace keywatch::rule
