#include "app/connectors/log_analytics_source.h"

#include <utility>

#include <fmt/format.h>

#include "connectors/loganalytics/azure_query_service.h"

namespace keywatch::app {
namespace {

// A query may take three minutes.
constexpr Ticks kTimeout = 200 * record::kTicksPerSecond;

}  // namespace

LogAnalyticsSourceSettings ReadLogAnalyticsSource(Fields* fields) {
  LogAnalyticsSourceSettings source;
  fields->Text("workspace_id",
               "The workspace's GUID: az monitor log-analytics workspace show --query customerId.",
               &source.workspace_id,
               Need::kRequired);
  fields->Names("tables",
                "Tables to ask for.",
                LogAnalyticsSourceSettings().tables,
                /*least_items=*/1,
                &source.tables);
  fields->Text("endpoint", "Of the query API; another one in another cloud.", &source.endpoint);
  fields->Text("scope", "Of the token; another one in another cloud.", &source.scope);
  fields->PositiveDuration(
      "poll_interval", "Time between two rounds of queries.", &source.poll_interval);
  fields->Duration(
      "settle", "How long a row may stay invisible after its ingestion time.", &source.settle);
  fields->Duration("history", "How far back a first start reads.", &source.history);
  fields->PositiveDuration(
      "longest_slice", "Of ingestion time, in one query.", &source.longest_slice);
  ReadAzureAuth(fields, Need::kRequired, &source.auth);
  source.egress.timeout = kTimeout;
  ReadHttpEgress(fields, &source.egress);
  return source;
}

Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const LogAnalyticsSourceSettings& settings) {
  auto tokens = MakeTokenProvider(settings.auth, settings.scope);
  if (!tokens)
    return tokens.error();
  auto service = loganalytics::MakeAzureQueryService(settings.endpoint,
                                                     settings.workspace_id,
                                                     ToClientOptions(settings.egress),
                                                     std::move(*tokens));
  if (!service)
    return service.error();
  loganalytics::LogAnalyticsOptions options;
  options.name = name;
  options.tables = settings.tables;
  options.slices.settle = settings.settle;
  options.slices.longest = settings.longest_slice;
  options.poll_interval = settings.poll_interval;
  options.history = settings.history;
  return std::unique_ptr<pipeline::Source>(
      std::make_unique<loganalytics::LogAnalyticsSource>(std::move(options), std::move(*service)));
}

Attempt TryConnection(const std::string& /*name*/,
                      const LogAnalyticsSourceSettings& settings,
                      std::chrono::milliseconds limit) {
  auto tokens =
      MakeTokenProvider(InHaste(settings.auth, limit / 2), settings.scope, /*attempts=*/1);
  if (!tokens)
    return Attempt::Failed(tokens.error().message());
  auto service =
      loganalytics::MakeAzureQueryService(settings.endpoint,
                                          settings.workspace_id,
                                          ToClientOptions(InHaste(settings.egress, limit / 2)),
                                          std::move(*tokens));
  if (!service)
    return Attempt::Failed(service.error().message());
  const Ticks now = record::WallNow();
  const loganalytics::Answer answer = loganalytics::ReadAnswer(
      (*service)->Ask(loganalytics::QueryBody(settings.tables, {now, now})));
  if (answer.kind == loganalytics::AnswerKind::kRows)
    return Attempt::Ok("logged in; the workspace answers queries");
  return Attempt::Failed(answer.problem);
}

}  // namespace keywatch::app
