#include "app/connectors/logs_ingestion_sink.h"

#include <utility>

#include <fmt/format.h>

#include "app/connectors/sender.h"
#include "connectors/format/log_analytics.h"
#include "connectors/webhook/bearer_token.h"
#include "connectors/webhook/http_sink.h"

namespace keywatch::app {

LogsIngestionSinkSettings ReadLogsIngestionSink(Fields* fields) {
  LogsIngestionSinkSettings out;
  ReadHttpEgress(fields, &out.egress);
  ReadUrl(fields,
          "endpoint",
          "Logs ingestion endpoint of the data collection rule or of its endpoint.",
          out.egress,
          &out.endpoint,
          &out.endpoint_file);
  while (out.endpoint.ends_with('/'))
    out.endpoint.pop_back();
  const rule::YamlNode* rule_id = fields->Text("rule_id",
                                               "immutableId of the data collection rule, dcr-...",
                                               &out.rule_id,
                                               Need::kRequired,
                                               "^dcr-");
  if (!out.rule_id.empty() && !out.rule_id.starts_with("dcr-")) {
    fields->diagnostics()->Error(
        rule_id->span,
        "rule_id: expected the rule's immutable id, dcr-.., found " + rule::Found(*rule_id),
        "az monitor data-collection rule show --query immutableId ..");
  }
  fields->Text("stream", "Stream of the rule.", &out.stream);
  fields->Text("scope", "Of the token; another one in another cloud.", &out.scope);
  ReadSendEnded(fields, &out.send_ended);
  fields->Integer("connections", "Requests under way at once.", 1, 16, &out.connections);
  ReadAzureAuth(fields, Need::kRequired, &out.auth);
  return out;
}

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const LogsIngestionSinkSettings& settings) {
  Result<std::unique_ptr<azure::TokenProvider>> tokens =
      MakeTokenProvider(settings.auth, settings.scope);
  if (!tokens)
    return tokens.error();
  webhook::HttpSinkOptions options;
  options.name = name;
  options.url_tail = fmt::format("/dataCollectionRules/{}/streams/{}?api-version=2023-01-01",
                                 http::PercentEncode(settings.rule_id),
                                 http::PercentEncode(settings.stream));
  options.url = settings.endpoint + options.url_tail;
  options.url_file = settings.endpoint_file;
  options.client = ToClientOptions(settings.egress);
  options.format = [](const pipeline::OutgoingAlert& alert) {
    return format::ToLogAnalytics(alert.json);
  };
  options.authorization = std::make_unique<webhook::BearerToken>(std::move(*tokens));
  options.receiver = webhook::Receiver::kLogsIngestion;
  options.wants_ended = settings.send_ended;
  auto sink = webhook::HttpSink::Make(std::move(options));
  if (!sink)
    return sink.error();
  return std::unique_ptr<pipeline::Sink>(std::move(*sink));
}

Attempt TryConnection(const std::string& name,
                      const LogsIngestionSinkSettings& settings,
                      std::chrono::milliseconds limit) {
  auto tokens =
      MakeTokenProvider(InHaste(settings.auth, limit / 2), settings.scope, /*attempts=*/1);
  if (!tokens)
    return Attempt::Failed(tokens.error().message());
  if (auto token = (*tokens)->Token(); !token)
    return Attempt::Failed(token.error().message());
  Attempt reached = TryReceiver(name, settings.endpoint, settings.egress, limit / 2);
  if (reached.outcome != Attempt::Outcome::kOk)
    return reached;
  return Attempt::Ok(fmt::format(
      "logged in to Entra ID, endpoint reachable; whether the rule takes alerts: use `keywatch "
      "sinks test {}`",
      name));
}

}  // namespace keywatch::app
