#include "connectors/loganalytics/azure_query_service.h"

#include <utility>

namespace keywatch::loganalytics {
namespace {

// Longer answers are asked for again in shorter slices: this bounds memory.
constexpr size_t kMostAnswer = size_t{32} << 20;

class AzureQueryService : public QueryService {
 public:
  AzureQueryService(std::unique_ptr<http::Client> client,
                    std::unique_ptr<azure::TokenProvider> tokens)
      : client_(std::move(client)), tokens_(std::move(tokens)) {}

  http::Response Ask(const std::string& body) override {
    Result<azure::AccessToken> token = tokens_->Token();
    if (!token) {
      http::Response response;
      response.error = http::TransportError::kOther;
      response.error_detail = token.error().message();
      return response;
    }
    http::Request request;
    request.headers = {{"Authorization", "Bearer " + token->text},
                       {"Content-Type", "application/json"},
                       {"Prefer", "wait=180"}};
    request.body = body;
    request.most_body = kMostAnswer;
    return client_->Send(request);
  }

  void Cancel() override {
    tokens_->Cancel();
    client_->Cancel();
  }

 private:
  const std::unique_ptr<http::Client> client_;
  const std::unique_ptr<azure::TokenProvider> tokens_;
};

}  // namespace

Result<std::unique_ptr<QueryService>> MakeAzureQueryService(
    const std::string& endpoint,
    const std::string& workspace_id,
    http::ClientOptions client,
    std::unique_ptr<azure::TokenProvider> tokens) {
  std::string url = endpoint;
  while (url.ends_with('/'))
    url.pop_back();
  url += "/v1/workspaces/" + http::PercentEncode(workspace_id) + "/query";
  auto made = http::Client::Make(url, std::move(client));
  if (!made)
    return made.error();
  return std::unique_ptr<QueryService>(
      std::make_unique<AzureQueryService>(std::move(*made), std::move(tokens)));
}

}  // namespace keywatch::loganalytics
