// Posts alerts to a URL, signed as Standard Webhooks asks.
//
//   POST, content-type: application/json, user-agent: keywatch/<version>
//   webhook-id (the alert's id), webhook-timestamp, webhook-signature: format/standard_webhooks.h
//   keywatch-sent-time: this attempt, to the millisecond: the last station of the latency passport.
//                       It is informative and not signed; the signed time is webhook-timestamp.
//   body: the alert's JSON, byte for byte as it stands in the outbox (docs/formats/alert.md)
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/http/client.h"
#include "engine/base/secret.h"
#include "engine/pipeline/io.h"

namespace keywatch::webhook {

struct WebhookOptions {
  std::string name;
  std::string url;
  // "whsec_..", several divided by white space, the newest first; empty: unsigned.
  std::vector<Secret> secrets;
  std::vector<std::pair<std::string, Secret>> headers;  // further ones, e.g. authorization
  http::ClientOptions client;
  std::function<record::Ticks()> now = record::WallNow;
};

class WebhookSink : public pipeline::Sink {
 public:
  // Refuses a malformed URL, secret or header; connects to nothing.
  static Result<std::unique_ptr<WebhookSink>> Make(WebhookOptions options);

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  pipeline::DeliveryResult Deliver(const pipeline::OutgoingAlert& alert) override;
  void Cancel() override { client_->Cancel(); }

 private:
  WebhookSink(WebhookOptions options, std::unique_ptr<http::Client> client);

  WebhookOptions options_;
  std::unique_ptr<http::Client> client_;
};

}  // namespace keywatch::webhook
