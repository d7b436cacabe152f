#include "connectors/webhook/webhook_signer.h"

#include <sstream>
#include <utility>

#include "connectors/format/standard_webhooks.h"

namespace keywatch::webhook {
namespace {

// The keys as the secrets are now: they may stand in files that are rotated.
Result<std::vector<std::string>> Keys(const std::vector<Secret>& secrets) {
  std::vector<std::string> keys;
  for (const Secret& secret : secrets) {
    std::istringstream words(secret.Reveal());
    for (std::string word; words >> word;) {
      Result<std::string> key = format::ParseWebhookSecret(word);
      if (!key)
        return key.error();
      keys.push_back(std::move(key).value());
    }
  }
  return keys;
}

}  // namespace

Status WebhookSigner::Check() const {
  Result<std::vector<std::string>> keys = Keys(secrets_);
  return keys ? Status() : keys.error();
}

Result<http::Headers> WebhookSigner::Headers(const Attempt& attempt) {
  Result<std::vector<std::string>> keys = Keys(secrets_);
  if (!keys)
    return keys.error();
  int64_t seconds = (attempt.now - record::kUnixEpoch) / record::kTicksPerSecond;
  http::Headers headers = format::WebhookHeaders(*keys, attempt.message_id, seconds, attempt.body);
  headers.emplace_back(
      "keywatch-sent-time",
      record::FormatDatetimeShort(record::FloorTo(attempt.now, record::kTicksPerMillisecond)));
  return headers;
}

}  // namespace keywatch::webhook
