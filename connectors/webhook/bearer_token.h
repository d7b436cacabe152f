// `authorization: Bearer ..` with an access token of Entra ID.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "connectors/azure/token_provider.h"
#include "connectors/webhook/authorization.h"

namespace keywatch::webhook {

class BearerToken : public Authorization {
 public:
  explicit BearerToken(std::unique_ptr<azure::TokenProvider> tokens) : tokens_(std::move(tokens)) {}

  Result<http::Headers> Headers(const Attempt& /*attempt*/) override {
    Result<azure::AccessToken> token = tokens_->Token();
    if (!token)
      return token.error();
    last_ = token->text;
    return http::Headers{{"authorization", "Bearer " + last_}};
  }
  void Refused() override { tokens_->Refused(last_); }
  void Cancel() override { tokens_->Cancel(); }

 private:
  std::unique_ptr<azure::TokenProvider> tokens_;
  std::string last_;
};

}  // namespace keywatch::webhook
