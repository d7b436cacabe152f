// Every kind of source and sink that a configuration may name: reading its settings and making it.
// A new kind is a pair of files here, an entry of the variant and a line of the table in
// registry.cc.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "app/connectors/alertmanager_sink.h"
#include "app/connectors/attempt.h"
#include "app/connectors/blob_source.h"
#include "app/connectors/chat_sink.h"
#include "app/connectors/event_hubs_source.h"
#include "app/connectors/file_sink.h"
#include "app/connectors/file_source.h"
#include "app/connectors/kafka_sink.h"
#include "app/connectors/kafka_source.h"
#include "app/connectors/log_analytics_source.h"
#include "app/connectors/logs_ingestion_sink.h"
#include "app/connectors/pagerduty_sink.h"
#include "app/connectors/push_source.h"
#include "app/connectors/route.h"
#include "app/connectors/source_context.h"
#include "app/connectors/syslog_sink.h"
#include "app/connectors/webhook_sink.h"

namespace keywatch::app {

struct SourceConfig {
  std::string name;
  std::variant<KafkaSourceSettings,
               EventHubsSourceSettings,
               FileSourceSettings,
               PushSourceSettings,
               LogAnalyticsSourceSettings,
               BlobSourceSettings>
      settings;

  bool operator==(const SourceConfig&) const = default;
};

struct SinkConfig {
  std::string name;
  std::variant<WebhookSinkSettings,
               ConsoleSinkSettings,
               FileSinkSettings,
               AlertmanagerSinkSettings,
               SlackSinkSettings,
               TeamsSinkSettings,
               PagerDutySinkSettings,
               SyslogSinkSettings,
               LogsIngestionSinkSettings,
               KafkaSinkSettings>
      settings;
  Route route = {};  // which alerts go there

  bool operator==(const SinkConfig&) const = default;
};

// The keys `sources` and `sinks`.
std::vector<SourceConfig> ReadSources(Fields* fields);
std::vector<SinkConfig> ReadSinks(Fields* fields);

// Connect to nothing, but look at files: a certificate, a path that must be writable.
Result<std::unique_ptr<pipeline::Source>> MakeSource(const SourceConfig& config,
                                                     const SourceContext& context);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const SinkConfig& config);
// Attempts as attempt.h describes them.
Attempt TrySource(const SourceConfig& config, std::chrono::milliseconds limit);
Attempt TrySink(const SinkConfig& config, std::chrono::milliseconds limit);
// How many of them may hand over alerts at the same time.
size_t Lanes(const SinkConfig& config);

}  // namespace keywatch::app
