// `type: log_analytics` in `sources`.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "app/connectors/attempt.h"
#include "app/connectors/azure_credential.h"
#include "app/connectors/fields.h"
#include "app/connectors/http_egress.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct LogAnalyticsSourceSettings {
  std::string workspace_id;
  std::vector<std::string> tables = {"AzureDiagnostics", "AZKVAuditLogs"};
  std::string endpoint = "https://api.loganalytics.azure.com";
  std::string scope = "https://api.loganalytics.io/.default";
  Ticks poll_interval = 30 * record::kTicksPerSecond;
  Ticks settle = 5 * record::kTicksPerMinute;
  Ticks history = record::kTicksPerHour;
  Ticks longest_slice = record::kTicksPerHour;
  AzureAuth auth;
  HttpEgress egress;

  bool operator==(const LogAnalyticsSourceSettings&) const = default;
};

LogAnalyticsSourceSettings ReadLogAnalyticsSource(Fields* fields);
Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const LogAnalyticsSourceSettings& settings);

Attempt TryConnection(const std::string& name,
                      const LogAnalyticsSourceSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
