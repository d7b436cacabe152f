#include "app/connectors/alertmanager_sink.h"

#include <utility>

#include "connectors/webhook/alertmanager_sink.h"

namespace keywatch::app {

AlertmanagerSinkSettings ReadAlertmanagerSink(ConnectorFields* fields) {
  AlertmanagerSinkSettings out;
  out.egress = ReadHttpEgress(fields);
  out.url = RequireUrl(fields, "url", out.egress);
  out.headers = fields->Secrets("headers", "header_files");
  SetPositive(&fields->reader(), "hold", &out.hold);
  SetField(fields->reader().Duration("min_firing"), &out.min_firing);
  SetPositive(&fields->reader(), "resend_interval", &out.resend_interval);
  if (out.url.find("/api/v2") != std::string::npos) {
    fields->diagnostics()->Error(fields->item().span,
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
  options.url = settings.url + "/api/v2/alerts";
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

}  // namespace keywatch::app
