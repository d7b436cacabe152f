// `type: pagerduty` in `sinks`.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/connectors/attempt.h"
#include "app/connectors/http_egress.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct PagerDutySinkSettings {
  std::string url = "https://events.pagerduty.com/v2/enqueue";
  Secret url_file;     // the file that it came from
  Secret routing_key;  // of an integration of type Events API v2
  int64_t connections = 2;
  HttpEgress egress;

  bool operator==(const PagerDutySinkSettings&) const = default;
};

PagerDutySinkSettings ReadPagerDutySink(Fields* fields);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const PagerDutySinkSettings& settings);

Attempt TryConnection(const std::string& name,
                      const PagerDutySinkSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
