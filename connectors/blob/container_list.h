// Lists parts of the container, several at a time, each to its last page.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/blob/blob_list.h"
#include "connectors/blob/storage_failure.h"
#include "connectors/blob/storage_service.h"
#include "engine/base/metrics.h"

namespace keywatch::blob {

// Whom to ask, and what to call it when it does not answer.
struct Container {
  StorageAccount account;
  LoginKind login = LoginKind::kToken;
  std::function<Ticks()> now = record::WallNow;
  Counter list_requests;
  Counter read_requests;
  Counter read_bytes;
};

// `response` or its absence as a failure. Null when it is a success.
std::optional<StorageFailure> FailureOf(const Container& container,
                                        const StorageRequest& request,
                                        const Result<http::Response>& response);

struct Listing {
  std::vector<ListedBlob> blobs;
  std::vector<std::string> folders;
};

struct ListOutcome {
  std::vector<Listing> listings;          // one for each prefix
  std::optional<StorageFailure> failure;  // then the listings are of no use
  Ticks service_now = 0;                  // when the first answer was given; 0: nobody was asked
};

// Returns when all are there, one has failed, or the lanes were stopped (then with a failure).
ListOutcome ListAll(const Container& container,
                    const std::vector<std::string>& prefixes,
                    bool folders,
                    Lanes* lanes,
                    const std::function<bool()>& stopping);

// The prefixes that stand for one resource each, with the first year that there is something of.
class ResourceCatalog {
 public:
  // Walks down from `root` through the folders that are not known yet. Resources are only added:
  // one whose blobs are all gone merely gives empty lists.
  ListOutcome Discover(const Container& container,
                       const std::string& root,
                       Lanes* lanes,
                       const std::function<bool()>& stopping);

  [[nodiscard]] const std::map<std::string, int>& resources() const { return resources_; }

 private:
  std::map<std::string, int> resources_;
};

}  // namespace keywatch::blob
