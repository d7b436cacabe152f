#include "app/connectors/pagerduty_sink.h"

#include <utility>

#include <fmt/format.h>

#include "connectors/format/pagerduty.h"
#include "connectors/webhook/http_sink.h"

namespace keywatch::app {
namespace {

constexpr size_t kRoutingKey = 32;

}  // namespace

PagerDutySinkSettings ReadPagerDutySink(ConnectorFields* fields) {
  PagerDutySinkSettings out;
  out.egress = ReadHttpEgress(fields);
  if (fields->reader().Find("url") != nullptr || fields->reader().Find("url_file") != nullptr)
    out.url = RequireUrl(fields, "url", out.egress);
  out.routing_key = fields->RequireSecret("routing_key");
  size_t length = out.routing_key.Reveal().size();
  if (!out.routing_key.empty() && length != kRoutingKey) {
    fields->diagnostics()->Error(
        fields->item().span,
        fmt::format("routing_key: expected {} characters, found {}", kRoutingKey, length),
        "it is the Integration Key of an Events API v2 integration of the service");
  }
  SetField(fields->reader().Integer("connections", 1, 16), &out.connections);
  return out;
}

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const PagerDutySinkSettings& settings) {
  webhook::HttpSinkOptions options;
  options.name = name;
  options.url = settings.url;
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

}  // namespace keywatch::app
