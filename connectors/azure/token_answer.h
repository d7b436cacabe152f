// What the answer to a request for a token means: pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "connectors/azure/credential.h"
#include "connectors/http/client.h"
#include "engine/record/time.h"

namespace keywatch::azure {

struct AccessToken {
  std::string text;
  record::Ticks expires = 0;
};

struct TokenAnswer {
  std::optional<AccessToken> token;
  // Without a token:
  std::string problem;  // what is wrong and what to do; never holds a secret or a token
  bool retry = false;   // the same request may succeed in a moment
  std::chrono::milliseconds retry_after{0};  // what the service asked for; 0: nothing
};

// Worth another try: no answer, 429, 5xx; of a managed identity also 404 and 410, by which the
// metadata service says that it is being updated.
// learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
TokenAnswer ReadTokenAnswer(const Credential& credential,
                            const http::Response& response,
                            record::Ticks now);

}  // namespace keywatch::azure
