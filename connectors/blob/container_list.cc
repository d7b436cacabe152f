#include "connectors/blob/container_list.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "connectors/blob/hour_path.h"

namespace keywatch::blob {
namespace {

using pipeline::SourceError;

constexpr size_t kMostResources = 10'000;
constexpr int kMostFolders = 16;
// A list is held in memory: so many blobs of one prefix are more than hours of a day can be.
constexpr size_t kMostBlobs = 1'000'000;

struct Gathering {
  std::mutex mutex;
  std::condition_variable changed;
  ListOutcome outcome;  // guarded by mutex
  size_t missing = 0;   // guarded by mutex
};

std::optional<StorageFailure> ListOne(const Container& container,
                                      const std::string& prefix,
                                      bool folders,
                                      StorageService* service,
                                      Listing* listing,
                                      Ticks* service_now) {
  std::string marker;
  do {
    StorageRequest request = ListRequest(prefix, folders, marker);
    Counter(container.list_requests).Add();
    Result<http::Response> response = service->Send(request);
    if (auto failure = FailureOf(container, request, response))
      return failure;
    if (*service_now == 0)
      *service_now = record::ParseDatetime(response->Header("date")).value_or(container.now());
    Result<ListPage> page = ParseListPage(response->body);
    StorageFailure failure;
    if (!response->body_complete) {
      failure.problem = "a list of blobs is too long to be one; check account_url";
      return failure;
    }
    if (!page) {
      failure.problem = page.error().message() + "; check account_url";
      return failure;
    }
    std::move(page->blobs.begin(), page->blobs.end(), std::back_inserter(listing->blobs));
    std::move(page->folders.begin(), page->folders.end(), std::back_inserter(listing->folders));
    if (listing->blobs.size() > kMostBlobs || listing->folders.size() > kMostBlobs) {
      failure.problem = fmt::format(
          "more than {} blobs or folders below {}: that is no container of audit logs; set prefix",
          kMostBlobs,
          prefix);
      return failure;
    }
    marker = std::move(page->next_marker);
  } while (!marker.empty());
  return std::nullopt;
}

}  // namespace

std::optional<StorageFailure> FailureOf(const Container& container,
                                        const StorageRequest& request,
                                        const Result<http::Response>& response) {
  StorageFailure failure;
  if (!response) {
    failure.reason =
        container.login == LoginKind::kToken ? SourceError::kToken : SourceError::kLogin;
    failure.problem = response.error().message();
    return failure;
  }
  if (response->error == http::TransportError::kNone &&
      (response->status == 200 || response->status == 206)) {
    return std::nullopt;
  }
  return ReadFailure(container.account, container.login, request, *response, container.now());
}

ListOutcome ListAll(const Container& container,
                    const std::vector<std::string>& prefixes,
                    bool folders,
                    Lanes* lanes,
                    const std::function<bool()>& stopping) {
  auto gathering = std::make_shared<Gathering>();
  gathering->outcome.listings.resize(prefixes.size());
  gathering->missing = prefixes.size();
  for (size_t i = 0; i < prefixes.size(); ++i) {
    lanes->Submit(
        [&container, folders, gathering, i, prefix = prefixes[i]](StorageService& service) {
          {
            std::lock_guard lock(gathering->mutex);
            if (gathering->outcome.failure)
              return;
          }
          Listing listing;
          Ticks service_now = 0;
          auto failure = ListOne(container, prefix, folders, &service, &listing, &service_now);
          std::lock_guard lock(gathering->mutex);
          ListOutcome& outcome = gathering->outcome;
          if (failure && !outcome.failure)
            outcome.failure = std::move(failure);
          if (outcome.service_now == 0 || (service_now != 0 && service_now < outcome.service_now))
            outcome.service_now = service_now;
          outcome.listings[i] = std::move(listing);
          --gathering->missing;
          gathering->changed.notify_all();
        });
  }
  std::unique_lock lock(gathering->mutex);
  while (gathering->missing > 0 && !gathering->outcome.failure && !stopping())
    gathering->changed.wait_for(lock, std::chrono::milliseconds(100));
  if (gathering->missing > 0) {
    if (!gathering->outcome.failure)
      gathering->outcome.failure =
          StorageFailure{SourceError::kOther, "it is being stopped", {}, {}};
    lanes->DropWaiting();
    ListOutcome outcome;
    outcome.failure = gathering->outcome.failure;
    return outcome;
  }
  return std::move(gathering->outcome);
}

ListOutcome ResourceCatalog::Discover(const Container& container,
                                      const std::string& root,
                                      Lanes* lanes,
                                      const std::function<bool()>& stopping) {
  std::vector<std::string> frontier = {root};
  ListOutcome result;
  for (int depth = 0; depth < kMostFolders && !frontier.empty(); ++depth) {
    ListOutcome outcome = ListAll(container, frontier, true, lanes, stopping);
    if (result.service_now == 0)
      result.service_now = outcome.service_now;
    if (outcome.failure) {
      result.failure = std::move(outcome.failure);
      return result;
    }
    std::vector<std::string> next;
    for (size_t i = 0; i < frontier.size(); ++i) {
      for (const std::string& folder : outcome.listings[i].folders) {
        std::optional<int> year = YearOfFolder(folder);
        if (year) {
          auto [known, added] = resources_.emplace(frontier[i], *year);
          known->second = std::min(known->second, *year);
        } else if (!resources_.contains(folder)) {
          next.push_back(folder);
        }
      }
    }
    frontier = std::move(next);
    if (resources_.size() + frontier.size() > kMostResources) {
      result.failure = StorageFailure{};
      result.failure->problem = fmt::format(
          "more than {} resources in container {}: give each of several sources a part "
          "of them with prefix",
          kMostResources,
          container.account.container);
      return result;
    }
  }
  return result;
}

}  // namespace keywatch::blob
