#include "app/connectors/log_analytics_source.h"

#include <utility>

#include <fmt/format.h>

#include "connectors/loganalytics/azure_query_service.h"

namespace keywatch::app {
namespace {

// A query may take three minutes.
constexpr Ticks kTimeout = 200 * record::kTicksPerSecond;

}  // namespace

LogAnalyticsSourceSettings ReadLogAnalyticsSource(ConnectorFields* fields) {
  LogAnalyticsSourceSettings source;
  rule::FieldReader& reader = fields->reader();
  source.workspace_id = fields->RequireText("workspace_id");
  if (std::vector<std::string> tables = fields->Texts("tables"); !tables.empty()) {
    for (const std::string& table : tables) {
      if (table != "AzureDiagnostics" && table != "AZKVAuditLogs") {
        fields->diagnostics()->Error(
            fields->item().span,
            fmt::format("tables: expected AzureDiagnostics or AZKVAuditLogs, found {}",
                        table.substr(0, 80)));
      }
    }
    source.tables = std::move(tables);
  }
  SetField(reader.Text("endpoint"), &source.endpoint);
  SetField(reader.Text("scope"), &source.scope);
  SetPositive(&reader, "poll_interval", &source.poll_interval);
  SetField(reader.Duration("settle"), &source.settle);
  SetField(reader.Duration("history"), &source.history);
  SetPositive(&reader, "longest_slice", &source.longest_slice);
  if (const rule::YamlNode* auth = reader.Require("auth"))
    source.auth = ReadAzureAuth(fields, *auth);
  source.egress = ReadHttpEgress(fields);
  if (reader.Find("timeout") == nullptr)
    source.egress.timeout = kTimeout;
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

}  // namespace keywatch::app
