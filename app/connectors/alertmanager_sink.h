// `type: alertmanager` in `sinks`.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "app/connectors/attempt.h"
#include "app/connectors/http_egress.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct AlertmanagerSinkSettings {
  std::string url;                        // of the Alertmanager, without /api/v2
  Secret url_file;                        // the file that it came from
  std::map<std::string, Secret> headers;  // e.g. authorization
  Ticks hold = record::kTicksPerDay;      // an alert without end resolves so long after it was sent
  Ticks min_firing = 5 * record::kTicksPerMinute;
  Ticks resend_interval = record::kTicksPerMinute;
  HttpEgress egress;

  bool operator==(const AlertmanagerSinkSettings&) const = default;
};

AlertmanagerSinkSettings ReadAlertmanagerSink(Fields* fields);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const AlertmanagerSinkSettings& settings);

Attempt TryConnection(const std::string& name,
                      const AlertmanagerSinkSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
