#include "app/connectors/pagerduty_sink.h"

#include <utility>

#include <fmt/format.h>

#include "connectors/format/pagerduty.h"
#include "connectors/webhook/http_sink.h"

namespace keywatch::app {
namespace {

constexpr size_t kRoutingKey = 32;

}  // namespace

PagerDutySinkSettings ReadPagerDutySink(Fields* fields) {
  PagerDutySinkSettings out;
  ReadHttpEgress(fields, &out.egress);
  ReadUrl(fields,
          "url",
          "Of the Events API v2; in the EU https://events.eu.pagerduty.com/v2/enqueue.",
          out.egress,
          &out.url,
          &out.url_file);
  const rule::YamlNode* key =
      fields->OneSecret("routing_key",
                        "Integration Key of an Events API v2 integration: 32 characters.",
                        &out.routing_key,
                        Need::kRequired);
  size_t length = out.routing_key.Reveal().size();
  if (key != nullptr && !out.routing_key.empty() && length != kRoutingKey) {
    fields->diagnostics()->Error(
        key->span,
        fmt::format("routing_key: expected {} characters, found {}", kRoutingKey, length),
        "it is the Integration Key of an Events API v2 integration of the service");
  }
  fields->Integer("connections", "Requests under way at once.", 1, 16, &out.connections);
  return out;
}

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const PagerDutySinkSettings& settings) {
  webhook::HttpSinkOptions options;
  options.name = name;
  options.url = settings.url;
  options.url_file = settings.url_file;
  options.client = ToClientOptions(settings.egress);
  options.format = [key = settings.routing_key](const pipeline::OutgoingAlert& alert) {
    return format::ToPagerDuty(alert.json, key.Reveal());
  };
  options.receiver = webhook::Receiver::kPagerDuty;
  options.wants_ended = true;
  auto sink = webhook::HttpSink::Make(std::move(options));
  if (!sink)
    return sink.error();
  return std::unique_ptr<pipeline::Sink>(std::move(*sink));
}

Attempt TryConnection(const std::string& name,
                      const PagerDutySinkSettings& settings,
                      std::chrono::milliseconds limit) {
  return TryReceiver(name, settings.url, settings.egress, limit);
}

}  // namespace keywatch::app
