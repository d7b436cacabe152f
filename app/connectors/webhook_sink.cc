#include "app/connectors/webhook_sink.h"

#include <utility>

#include "connectors/webhook/http_sink.h"
#include "connectors/webhook/webhook_signer.h"

namespace keywatch::app {

using format::Format;

WebhookSinkSettings ReadWebhookSink(ConnectorFields* fields) {
  WebhookSinkSettings webhook;
  webhook.egress = ReadHttpEgress(fields);
  webhook.url = RequireUrl(fields, "url", webhook.egress);
  SetField(fields->reader().Integer("connections", 1, 64), &webhook.connections);
  webhook.format = ReadFormat(fields,
                              {Format::kKeywatch,
                               Format::kCloudEvents,
                               Format::kCloudEventsBinary,
                               Format::kOcsf,
                               Format::kEcs});
  SetField(fields->reader().Bool("send_ended"), &webhook.send_ended);
  SetField(fields->reader().Text("cloudevents_source"), &webhook.cloudevents_source);
  webhook.headers = fields->Secrets("headers", "header_files");
  for (auto& secret : fields->reader().TextList("secrets")) {
    if (secret.value.empty())
      fields->diagnostics()->Error(secret.span, "secrets: expected text, found none");
    webhook.secrets.emplace_back(std::move(secret.value));
  }
  Secret file = fields->FileSecret("secret_file");
  if (!file.empty())
    webhook.secrets.push_back(std::move(file));
  if (webhook.secrets.empty()) {
    fields->diagnostics()->Warning(fields->item().span,
                                   "a webhook without secrets: its messages are not signed",
                                   "secret_file: a file with one whsec_.. on each line");
  }
  return webhook;
}

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const WebhookSinkSettings& settings) {
  auto signer = std::make_unique<webhook::WebhookSigner>(settings.secrets);
  if (Status secrets = signer->Check(); !secrets.ok())
    return secrets;
  webhook::HttpSinkOptions options;
  options.name = name;
  options.url = settings.url;
  options.client = ToClientOptions(settings.egress);
  options.format = [format = settings.format, sender = MakeSender(settings.cloudevents_source)](
                       const pipeline::OutgoingAlert& alert) {
    return format::Render(format, alert.json, sender);
  };
  options.headers.assign(settings.headers.begin(), settings.headers.end());
  options.authorization = std::move(signer);
  options.wants_ended = settings.send_ended;
  auto sink = webhook::HttpSink::Make(std::move(options));
  if (!sink)
    return sink.error();
  return std::unique_ptr<pipeline::Sink>(std::move(*sink));
}

}  // namespace keywatch::app
