// `type: syslog` in `sinks`: CEF over TLS.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/connectors/attempt.h"
#include "app/connectors/http_egress.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct SyslogSinkSettings {
  std::string host;
  int64_t port = 6514;
  bool tls = true;
  int64_t facility = 16;  // local0
  bool send_ended = false;
  HttpEgress egress;

  bool operator==(const SyslogSinkSettings&) const = default;
};

SyslogSinkSettings ReadSyslogSink(Fields* fields);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const SyslogSinkSettings& settings);

Attempt TryConnection(const std::string& name,
                      const SyslogSinkSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
