#include "app/connectors/alertmanager_sink.h"

#include <utility>

#include <fmt/format.h>

#include "connectors/http/client.h"
#include "connectors/webhook/alertmanager_sink.h"

namespace keywatch::app {

AlertmanagerSinkSettings ReadAlertmanagerSink(Fields* fields) {
  AlertmanagerSinkSettings out;
  ReadHttpEgress(fields, &out.egress);
  const rule::YamlNode* url =
      ReadUrl(fields,
              "url",
              "Of one Alertmanager, without /api/v2; each one of a cluster is a sink.",
              out.egress,
              &out.url,
              &out.url_file);
  fields->Secrets("headers", "header_files", "Further headers, e.g. authorization.", &out.headers);
  fields->PositiveDuration(
      "hold",
      "An alert whose end is never told resolves by itself so long after it was sent.",
      &out.hold);
  fields->Duration("min_firing",
                   "An alert that is over at once fires so long: longer than group_wait.",
                   &out.min_firing);
  fields->PositiveDuration(
      "resend_interval",
      "What fires is sent again so often: Alertmanager forgets it when it restarts.",
      &out.resend_interval);
  if (out.url.find("/api/v2") != std::string::npos) {
    fields->diagnostics()->Error(url->span,
                                 "url: expected the Alertmanager's own URL, found one of its API",
                                 "http://alertmanager:9093; keywatch adds /api/v2/alerts");
  }
  while (out.url.ends_with('/'))
    out.url.pop_back();
  return out;
}

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const AlertmanagerSinkSettings& settings) {
  webhook::AlertmanagerOptions options;
  options.name = name;
  options.url = settings.url;
  options.url_file = settings.url_file;
  options.client = ToClientOptions(settings.egress);
  options.headers.assign(settings.headers.begin(), settings.headers.end());
  options.firing.hold = settings.hold;
  options.firing.min_firing = settings.min_firing;
  options.firing.resend = settings.resend_interval;
  auto sink = webhook::AlertmanagerSink::Make(std::move(options));
  if (!sink)
    return sink.error();
  return std::unique_ptr<pipeline::Sink>(std::move(*sink));
}

Attempt TryConnection(const std::string& /*name*/,
                      const AlertmanagerSinkSettings& settings,
                      std::chrono::milliseconds limit) {
  auto client = http::Client::Make(settings.url + "/api/v2/status",
                                   ToClientOptions(InHaste(settings.egress, limit)));
  if (!client)
    return Attempt::Failed(client.error().message());
  http::Request request;
  request.method = "GET";
  for (const auto& [key, value] : settings.headers)
    request.headers.emplace_back(key, value.Reveal());
  const http::Response answer = (*client)->Send(request);
  if (answer.error != http::TransportError::kNone)
    return Unreachable(answer.error, answer.error_detail);
  if (answer.status == 200)
    return Attempt::Ok("Alertmanager answers");
  if (answer.status == 401 || answer.status == 403) {
    return Attempt::Failed(fmt::format(
        "HTTP {}: it wants a login: put `authorization` into `header_files`", answer.status));
  }
  return Attempt::Failed(fmt::format(
      "HTTP {} instead of the status: `url` is the Alertmanager's own, without /api/v2, with its "
      "--web.route-prefix if it has one",
      answer.status));
}

}  // namespace keywatch::app
