// Standard Webhooks headers (format/standard_webhooks.h), and keywatch-sent-time: this attempt, to
// the millisecond, the last station of the latency passport. It is informative and not signed.
#pragma once

#include <string>
#include <vector>

#include "connectors/webhook/authorization.h"
#include "engine/base/secret.h"

namespace keywatch::webhook {

class WebhookSigner : public Authorization {
 public:
  // "whsec_..", several divided by white space, the newest first; none: unsigned.
  explicit WebhookSigner(std::vector<Secret> secrets) : secrets_(std::move(secrets)) {}

  Result<http::Headers> Headers(const Attempt& attempt) override;
  // Whether the secrets have the right form.
  [[nodiscard]] Status Check() const;

 private:
  std::vector<Secret> secrets_;
};

}  // namespace keywatch::webhook
