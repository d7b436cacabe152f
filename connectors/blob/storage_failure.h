// What an answer of the Blob service means when it is not what was asked for, and what to do about
// it. Pure. learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
#pragma once

#include <chrono>
#include <string>

#include "connectors/blob/storage_login.h"
#include "connectors/blob/storage_request.h"
#include "connectors/http/client.h"
#include "engine/pipeline/source_error.h"

namespace keywatch::blob {

struct StorageFailure {
  pipeline::SourceError reason = pipeline::SourceError::kOther;
  std::string problem;                       // what is wrong, and what to do
  std::chrono::milliseconds retry_after{0};  // what the service asked for; 0: nothing
  bool of_blob = false;                      // of this one blob; others can be read
};

// `response` is anything but a success of `request`; `now` is our own time.
StorageFailure ReadFailure(const StorageAccount& account,
                           LoginKind login,
                           const StorageRequest& request,
                           const http::Response& response,
                           Ticks now);

}  // namespace keywatch::blob
