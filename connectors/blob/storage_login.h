// How a request to the Blob service says who asks: signed with the account's key, with a shared
// access signature, or with a token of Entra ID.
// learn.microsoft.com/rest/api/storageservices/authorize-requests-to-azure-storage
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/azure/token_provider.h"
#include "connectors/blob/storage_request.h"
#include "engine/base/secret.h"

namespace keywatch::blob {

enum class LoginKind { kAccountKey, kSharedAccessSignature, kToken };

// What is signed, for a GET without a body. Pure; the contract of
// learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
std::string StringToSign(const StorageAccount& account, const StorageRequest& request);
// The Authorization header. `key` is base64, as the portal shows it; kInvalidInput if it is not.
Result<std::string> SharedKeyAuthorization(const StorageAccount& account,
                                           std::string_view key,
                                           const StorageRequest& request);

struct SignedRequest {
  std::map<std::string, std::string> headers;
  std::string target;
  std::string token;  // kToken: what it was signed with
};

// Any thread. Secrets are revealed for each request: one that was renewed in its file is used at
// once.
class StorageLogin {
 public:
  virtual ~StorageLogin() = default;
  [[nodiscard]] virtual LoginKind kind() const = 0;
  // The error says what to do; it holds no secret.
  virtual Result<SignedRequest> Sign(const StorageAccount& account,
                                     const StorageRequest& request) = 0;
  // The service did not accept what the request was signed with.
  virtual void Refused(const SignedRequest& /*request*/) {}
  // Makes a Sign() that waits return soon, and every later one.
  virtual void Cancel() {}
};

using WallClock = std::function<Ticks()>;
std::unique_ptr<StorageLogin> MakeKeyLogin(Secret key, WallClock now = record::WallNow);
std::unique_ptr<StorageLogin> MakeSasLogin(Secret token, WallClock now = record::WallNow);
std::unique_ptr<StorageLogin> MakeTokenLogin(std::unique_ptr<azure::TokenProvider> tokens,
                                             WallClock now = record::WallNow);

}  // namespace keywatch::blob
