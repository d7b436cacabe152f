// `type: logs_ingestion` in `sinks`: a table of a Log Analytics workspace, through the Logs
// Ingestion API of Azure Monitor.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/connectors/attempt.h"
#include "app/connectors/azure_credential.h"
#include "app/connectors/http_egress.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct LogsIngestionSinkSettings {
  std::string endpoint;  // of the data collection endpoint or rule
  Secret endpoint_file;  // the file that it came from
  std::string rule_id;   // the rule's immutable id, "dcr-.."
  std::string stream = "Custom-Keywatch_CL";
  std::string scope = "https://monitor.azure.com/.default";
  bool send_ended = false;
  int64_t connections = 4;
  AzureAuth auth;
  HttpEgress egress;

  bool operator==(const LogsIngestionSinkSettings&) const = default;
};

LogsIngestionSinkSettings ReadLogsIngestionSink(Fields* fields);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const LogsIngestionSinkSettings& settings);

Attempt TryConnection(const std::string& name,
                      const LogsIngestionSinkSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
