#include "connectors/blob/storage_login.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/base/crypto.h"

namespace keywatch::blob {
namespace {

StorageRequest Dated(StorageRequest request, Ticks now) {
  request.headers["x-ms-date"] = HttpDate(now);
  request.headers["x-ms-version"] = kServiceVersion;
  return request;
}

class KeyLogin : public StorageLogin {
 public:
  KeyLogin(Secret key, WallClock now) : key_(std::move(key)), now_(std::move(now)) {}
  [[nodiscard]] LoginKind kind() const override { return LoginKind::kAccountKey; }

  Result<SignedRequest> Sign(const StorageAccount& account,
                             const StorageRequest& request) override {
    StorageRequest dated = Dated(request, now_());
    Result<std::string> authorization = SharedKeyAuthorization(account, key_.Reveal(), dated);
    if (!authorization)
      return authorization.error();
    SignedRequest out{std::move(dated.headers), Target(account, request, ""), ""};
    out.headers["authorization"] = std::move(*authorization);
    return out;
  }

 private:
  const Secret key_;
  const WallClock now_;
};

class SasLogin : public StorageLogin {
 public:
  SasLogin(Secret token, WallClock now) : token_(std::move(token)), now_(std::move(now)) {}
  [[nodiscard]] LoginKind kind() const override { return LoginKind::kSharedAccessSignature; }

  Result<SignedRequest> Sign(const StorageAccount& account,
                             const StorageRequest& request) override {
    std::string token = token_.Reveal();
    if (token.starts_with('?'))
      token.erase(0, 1);
    if (token.find("sig=") == std::string::npos || token.find_first_of(" \r\n#") != token.npos) {
      return InvalidInput(
          "the shared access signature is not one: expected sv=..&se=..&sp=rl&sig=.., on one line, "
          "as `az storage container generate-sas` prints it");
    }
    return SignedRequest{Dated(request, now_()).headers, Target(account, request, token), ""};
  }

 private:
  const Secret token_;
  const WallClock now_;
};

class TokenLogin : public StorageLogin {
 public:
  TokenLogin(std::unique_ptr<azure::TokenProvider> tokens, WallClock now)
      : tokens_(std::move(tokens)), now_(std::move(now)) {}
  [[nodiscard]] LoginKind kind() const override { return LoginKind::kToken; }

  Result<SignedRequest> Sign(const StorageAccount& account,
                             const StorageRequest& request) override {
    Result<azure::AccessToken> token = tokens_->Token();
    if (!token)
      return token.error();
    SignedRequest out{Dated(request, now_()).headers, Target(account, request, ""), token->text};
    out.headers["authorization"] = "Bearer " + token->text;
    return out;
  }
  void Refused(const SignedRequest& request) override { tokens_->Refused(request.token); }
  void Cancel() override { tokens_->Cancel(); }

 private:
  const std::unique_ptr<azure::TokenProvider> tokens_;
  const WallClock now_;
};

}  // namespace

std::string StringToSign(const StorageAccount& account, const StorageRequest& request) {
  // Content-Encoding to Range are all empty: what is asked for stands in x-ms-range.
  std::string text = "GET" + std::string(12, '\n');
  for (const auto& [name, value] : request.headers) {
    if (name.starts_with("x-ms-"))
      text += name + ":" + value + "\n";
  }
  text += "/" + account.name + EncodedPath(account, request);
  for (const auto& [name, value] : request.query)
    text += "\n" + name + ":" + value;
  return text;
}

Result<std::string> SharedKeyAuthorization(const StorageAccount& account,
                                           std::string_view key,
                                           const StorageRequest& request) {
  std::optional<std::string> bytes = Base64Decode(key);
  if (!bytes || bytes->empty()) {
    return InvalidInput(
        "the account key is not base64: expected what `az storage account keys list` prints, and "
        "nothing else");
  }
  Sha256Digest digest = HmacSha256(*bytes, StringToSign(account, request));
  std::string raw(digest.begin(), digest.end());
  return fmt::format("SharedKey {}:{}", account.name, Base64Encode(raw));
}

std::unique_ptr<StorageLogin> MakeKeyLogin(Secret key, WallClock now) {
  return std::make_unique<KeyLogin>(std::move(key), std::move(now));
}
std::unique_ptr<StorageLogin> MakeSasLogin(Secret token, WallClock now) {
  return std::make_unique<SasLogin>(std::move(token), std::move(now));
}
std::unique_ptr<StorageLogin> MakeTokenLogin(std::unique_ptr<azure::TokenProvider> tokens,
                                             WallClock now) {
  return std::make_unique<TokenLogin>(std::move(tokens), std::move(now));
}

}  // namespace keywatch::blob
