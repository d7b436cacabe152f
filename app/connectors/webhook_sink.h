// `type: webhook` in `sinks`.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/connectors/attempt.h"
#include "app/connectors/http_egress.h"
#include "app/connectors/sender.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct WebhookSinkSettings {
  std::string url;
  Secret url_file;  // the file that it came from
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

WebhookSinkSettings ReadWebhookSink(Fields* fields);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const WebhookSinkSettings& settings);

Attempt TryConnection(const std::string& name,
                      const WebhookSinkSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
