#include "app/connectors/webhook_sink.h"

#include <utility>

#include "connectors/webhook/http_sink.h"
#include "connectors/webhook/webhook_signer.h"

namespace keywatch::app {

using format::Format;

WebhookSinkSettings ReadWebhookSink(Fields* fields) {
  WebhookSinkSettings webhook;
  ReadHttpEgress(fields, &webhook.egress);
  ReadUrl(fields,
          "url",
          "Where alerts are posted to.",
          webhook.egress,
          &webhook.url,
          &webhook.url_file);
  fields->Integer("connections", "Requests under way at once.", 1, 64, &webhook.connections);
  webhook.format = ReadFormat(fields,
                              {Format::kKeywatch,
                               Format::kCloudEvents,
                               Format::kCloudEventsBinary,
                               Format::kOcsf,
                               Format::kEcs});
  ReadSendEnded(fields, &webhook.send_ended);
  ReadCloudEventsSource(fields, &webhook.cloudevents_source);
  fields->Secrets(
      "headers", "header_files", "Further headers, e.g. authorization.", &webhook.headers);
  fields->SecretList("secrets",
                     "Signing secrets of Standard Webhooks, the newest first; each signs.",
                     &webhook.secrets);
  Secret file;
  fields->FileSecret("secret_file",
                     "File with one signing secret on each line; read again when it changes.",
                     &file);
  if (!file.empty())
    webhook.secrets.push_back(std::move(file));
  if (webhook.secrets.empty()) {
    fields->diagnostics()->Warning(fields->span(),
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
  options.url_file = settings.url_file;
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

Attempt TryConnection(const std::string& name,
                      const WebhookSinkSettings& settings,
                      std::chrono::milliseconds limit) {
  return TryReceiver(name, settings.url, settings.egress, limit);
}

}  // namespace keywatch::app
