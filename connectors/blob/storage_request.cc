#include "connectors/blob/storage_request.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "connectors/http/client.h"

namespace keywatch::blob {

Result<StorageAccount> ParseAccountUrl(const std::string& url,
                                       const std::string& name,
                                       const std::string& container) {
  StorageAccount account;
  account.name = name;
  account.container = container;
  size_t scheme = url.find("://");
  if (scheme == std::string::npos ||
      (!url.starts_with("https://") && !url.starts_with("http://"))) {
    return InvalidInput("expected https://ACCOUNT.blob.core.windows.net");
  }
  size_t slash = url.find('/', scheme + 3);
  account.origin = url.substr(0, slash);
  account.path = slash == std::string::npos ? "" : url.substr(slash);
  while (account.path.ends_with('/'))
    account.path.pop_back();
  if (url.find_first_of("?#") != std::string::npos) {
    return InvalidInput(
        "expected the URL of the account alone, found a query; a shared access signature goes into "
        "sas_token_file");
  }
  if (!account.path.empty() && account.path.rfind('/') != 0) {
    return InvalidInput(
        "expected the URL of the account alone, found a longer path; the container has a key of "
        "its own");
  }
  if (account.name.empty()) {
    std::string host = account.origin.substr(scheme + 3);
    account.name = account.path.empty() ? host.substr(0, host.find('.')) : account.path.substr(1);
  }
  return account;
}

std::string EncodedPath(const StorageAccount& account, const StorageRequest& request) {
  std::string path = account.path + "/" + http::PercentEncode(account.container);
  if (!request.blob.empty())
    path += "/" + http::PercentEncode(request.blob, "/");
  return path;
}

std::string Target(const StorageAccount& account,
                   const StorageRequest& request,
                   const std::string& more_query) {
  std::string target = EncodedPath(account, request);
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    target += separator + name + "=" + http::PercentEncode(value);
    separator = '&';
  }
  if (!more_query.empty())
    target += separator + more_query;
  return target;
}

StorageRequest ListRequest(const std::string& prefix, bool folders, const std::string& marker) {
  StorageRequest request;
  request.query = {{"comp", "list"}, {"restype", "container"}};
  if (!prefix.empty())
    request.query["prefix"] = prefix;
  if (folders)
    request.query["delimiter"] = "/";
  if (!marker.empty())
    request.query["marker"] = marker;
  return request;
}

StorageRequest RangeRequest(const std::string& blob, int64_t begin, int64_t end) {
  StorageRequest request;
  request.blob = blob;
  request.headers["x-ms-range"] = fmt::format("bytes={}-{}", begin, end - 1);
  request.most_body = static_cast<size_t>(end - begin);
  return request;
}

std::string HttpDate(Ticks time) {
  constexpr std::array<const char*, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  constexpr std::array<const char*, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  record::CivilTime civil = record::ToCivil(time);
  // 0001-01-01 was a Monday.
  auto day = static_cast<size_t>(time / record::kTicksPerDay % 7);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[day],
                     civil.day,
                     kMonths[static_cast<size_t>(civil.month - 1)],
                     civil.year,
                     civil.hour,
                     civil.minute,
                     civil.second);
}

}  // namespace keywatch::blob
