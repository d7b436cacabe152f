#include "app/connectors/webhook_sink.h"

#include <utility>

#include "connectors/webhook/webhook_sink.h"

namespace keywatch::app {

WebhookSinkSettings ReadWebhookSink(ConnectorFields* fields) {
  WebhookSinkSettings webhook;
  webhook.egress = ReadHttpEgress(fields);
  webhook.url = RequireUrl(fields, "url", webhook.egress);
  SetField(fields->reader().Integer("connections", 1, 64), &webhook.connections);
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
  webhook::WebhookOptions options;
  options.name = name;
  options.url = settings.url;
  options.secrets = settings.secrets;
  options.headers.assign(settings.headers.begin(), settings.headers.end());
  options.client = ToClientOptions(settings.egress);
  auto sink = webhook::WebhookSink::Make(std::move(options));
  if (!sink)
    return sink.error();
  return std::unique_ptr<pipeline::Sink>(std::move(*sink));
}

}  // namespace keywatch::app
