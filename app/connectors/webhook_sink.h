// `type: webhook` in `sinks`.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/connectors/http_egress.h"
#include "app/connectors/sender.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct WebhookSinkSettings {
  std::string url;
  format::Format format = format::Format::kKeywatch;
  bool send_ended = false;
  std::string cloudevents_source = kCloudEventsSource;
  // Standard Webhooks secrets, the newest first: a message is signed with each of them. A file may
  // hold several, one a line.
  std::vector<Secret> secrets;
  std::map<std::string, Secret> headers;  // further ones, e.g. authorization
  int64_t connections = 4;                // requests under way at once
  HttpEgress egress;

  bool operator==(const WebhookSinkSettings&) const = default;
};

WebhookSinkSettings ReadWebhookSink(ConnectorFields* fields);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const WebhookSinkSettings& settings);

}  // namespace keywatch::app
