#include "connectors/format/standard_webhooks.h"

#include <optional>

#include <fmt/format.h>

#include "engine/base/crypto.h"

namespace keywatch::format {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr size_t kShortestKey = 24;
constexpr size_t kLongestKey = 64;

}  // namespace

Result<std::string> ParseWebhookSecret(std::string_view secret) {
  if (!secret.starts_with(kPrefix)) {
    return InvalidInput("expected a webhook secret that begins with whsec_");
  }
  std::optional<std::string> key = Base64Decode(secret.substr(kPrefix.size()));
  if (!key) {
    return InvalidInput(
        "expected base64 with padding after whsec_; make a secret with: "
        "echo whsec_$(openssl rand -base64 32)");
  }
  if (key->size() < kShortestKey || key->size() > kLongestKey) {
    return InvalidInput(fmt::format("expected a webhook secret of {} to {} bytes, found {} bytes",
                                    kShortestKey,
                                    kLongestKey,
                                    key->size()));
  }
  return *std::move(key);
}

std::string SignWebhook(const std::vector<std::string>& keys,
                        std::string_view id,
                        int64_t unix_seconds,
                        std::string_view body) {
  std::string content = fmt::format("{}.{}.", id, unix_seconds);
  content += body;
  std::string out;
  for (const std::string& key : keys) {
    Sha256Digest digest = HmacSha256(key, content);
    if (!out.empty())
      out += ' ';
    out += "v1,";
    out += Base64Encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> WebhookHeaders(
    const std::vector<std::string>& keys,
    std::string_view id,
    int64_t unix_seconds,
    std::string_view body) {
  std::vector<std::pair<std::string, std::string>> headers = {
      {"webhook-id", std::string(id)}, {"webhook-timestamp", std::to_string(unix_seconds)}};
  if (!keys.empty()) {
    headers.emplace_back("webhook-signature", SignWebhook(keys, id, unix_seconds, body));
  }
  return headers;
}

}  // namespace keywatch::format
