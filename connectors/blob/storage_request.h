// One request to the Blob service, before somebody signs it. Pure.
//
// All that keywatch asks are GETs of a container: a list of it, or a range of a blob in it.
// learn.microsoft.com/rest/api/storageservices/{list-blobs,get-blob}
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "engine/base/status.h"
#include "engine/record/time.h"

namespace keywatch::blob {

using record::Ticks;

// The service version that is spoken: lists with ETags, and blobs that are appended to.
inline constexpr char kServiceVersion[] = "2021-12-02";

struct StorageAccount {
  std::string origin;  // https://contoso.blob.core.windows.net
  std::string path;    // "", or /devstoreaccount1 where the account stands in the path (emulators)
  std::string name;    // contoso
  std::string container;

  bool operator==(const StorageAccount&) const = default;
};

// From https://ACCOUNT.blob.core.windows.net or http://HOST:PORT/ACCOUNT. `name` overrides what the
// URL says, for a domain of one's own.
Result<StorageAccount> ParseAccountUrl(const std::string& url,
                                       const std::string& name,
                                       const std::string& container);

struct StorageRequest {
  std::string blob;  // "": the container
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;  // x-ms-..; names in lower case
  size_t most_body = size_t{16} << 20;         // of the answer
};

// The path as it goes over the wire, percent-encoded.
std::string EncodedPath(const StorageAccount& account, const StorageRequest& request);
// Path and query. `more_query` is appended as it is: a shared access signature.
std::string Target(const StorageAccount& account,
                   const StorageRequest& request,
                   const std::string& more_query);

// At most 5,000 blobs below `prefix`; with `folders`, what comes after the next / is one folder.
StorageRequest ListRequest(const std::string& prefix, bool folders, const std::string& marker);
// Bytes `begin` to `end`, the last one not included. Not empty.
StorageRequest RangeRequest(const std::string& blob, int64_t begin, int64_t end);

// "Fri, 26 Jun 2015 23:39:12 GMT"
std::string HttpDate(Ticks time);

}  // namespace keywatch::blob
