#include "app/connectors/logs_ingestion_sink.h"

#include <utility>

#include <fmt/format.h>

#include "connectors/format/log_analytics.h"
#include "connectors/webhook/bearer_token.h"
#include "connectors/webhook/http_sink.h"

namespace keywatch::app {

LogsIngestionSinkSettings ReadLogsIngestionSink(ConnectorFields* fields) {
  LogsIngestionSinkSettings out;
  out.egress = ReadHttpEgress(fields);
  out.endpoint = RequireUrl(fields, "endpoint", out.egress);
  while (out.endpoint.ends_with('/'))
    out.endpoint.pop_back();
  out.rule_id = fields->RequireText("rule_id");
  if (!out.rule_id.empty() && !out.rule_id.starts_with("dcr-")) {
    fields->diagnostics()->Error(
        fields->item().span,
        "rule_id: expected the rule's immutable id, dcr-.., found " + out.rule_id.substr(0, 80),
        "az monitor data-collection rule show --query immutableId ..");
  }
  SetField(fields->reader().Text("stream"), &out.stream);
  SetField(fields->reader().Text("scope"), &out.scope);
  SetField(fields->reader().Bool("send_ended"), &out.send_ended);
  SetField(fields->reader().Integer("connections", 1, 16), &out.connections);
  if (const rule::YamlNode* auth = fields->reader().Require("auth"))
    out.auth = ReadAzureAuth(fields, *auth);
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
  options.url = fmt::format("{}/dataCollectionRules/{}/streams/{}?api-version=2023-01-01",
                            settings.endpoint,
                            http::PercentEncode(settings.rule_id),
                            http::PercentEncode(settings.stream));
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

}  // namespace keywatch::app
