// Access tokens of Entra ID, for whoever sends one: fetched when first asked for, kept, and renewed
// when half of their life is over, so that half of it is left to get through an outage.
//
// A round of fetching tries a few times where trying again can help. After a failed round the old
// token serves as long as it lives; without one, every call within the next seconds (growing to
// half a minute) gets the same error at once, so that a caller may simply ask again.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "connectors/azure/credential.h"
#include "connectors/azure/token_answer.h"
#include "connectors/http/client.h"
#include "engine/base/backoff.h"
#include "engine/base/status.h"
#include "engine/record/time.h"

namespace keywatch::azure {

class TokenProvider {
 public:
  virtual ~TokenProvider() = default;
  // A token that has not ended. Any thread; one of them fetches, those without a
  // token to go on with wait for it. May take a minute where nothing answers. The error is
  // kUnavailable, and its message says what to do.
  virtual Result<AccessToken> Token() = 0;
  // Whoever the token was for did not accept it: the next Token() asks for another, unless this one
  // is only seconds old. Any thread.
  virtual void Refused(const std::string& token) = 0;
  // Makes a Token() that waits return within a second, and every later one at once. Any thread.
  virtual void Cancel() = 0;
};

struct TokenProviderOptions {
  Credential credential;
  std::string scope;           // e.g. https://NAMESPACE.servicebus.windows.net/.default
  http::ClientOptions client;  // timeouts, CA, proxy
  int attempts = 4;            // in a round
  BackoffPolicy in_round{std::chrono::milliseconds(500), std::chrono::milliseconds(5'000), 2.0};
  BackoffPolicy between_rounds{
      std::chrono::milliseconds(1'000), std::chrono::milliseconds(30'000), 2.0};
  std::function<record::Ticks()> now = record::WallNow;
};

// Refuses settings that cannot work, without asking anyone for anything: a missing id, a malformed
// authority, a certificate that cannot sign.
Result<std::unique_ptr<TokenProvider>> MakeTokenProvider(TokenProviderOptions options);

}  // namespace keywatch::azure
