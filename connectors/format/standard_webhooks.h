// Standard Webhooks 1.0.0, symmetric signatures (github.com/standard-webhooks/standard-webhooks,
// spec/standard-webhooks.md).
//
//   webhook-id         the same on every retry: receivers drop repeats by it
//   webhook-timestamp  Unix seconds of this attempt
//   webhook-signature  "v1," base64(HMAC-SHA256(key, id "." timestamp "." body)), one per key,
//                      separated by blanks: while keys are rotated, the receiver has one of them
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"

namespace keywatch::format {

// The key of a secret as receivers know it: "whsec_" and the base64 of 24 to 64 bytes. The message
// of an error never holds the secret.
Result<std::string> ParseWebhookSecret(std::string_view secret);

// The value of webhook-signature. `keys` as ParseWebhookSecret gives them; `id` without a ".".
std::string SignWebhook(const std::vector<std::string>& keys,
                        std::string_view id,
                        int64_t unix_seconds,
                        std::string_view body);

// The three headers; without keys there is no signature.
std::vector<std::pair<std::string, std::string>> WebhookHeaders(
    const std::vector<std::string>& keys,
    std::string_view id,
    int64_t unix_seconds,
    std::string_view body);

}  // namespace keywatch::format
