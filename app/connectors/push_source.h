// `type: http` in `sources`.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/connectors/attempt.h"
#include "app/connectors/fields.h"
#include "app/connectors/source_context.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct PushSourceSettings {
  std::string host = "127.0.0.1";
  int port = 9480;  // 0: any free one
  Secret token;     // bearer tokens, one a line; empty: none is asked for
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;
  bool allow_insecure_http = false;  // beyond loopback without TLS
  int64_t max_body = int64_t{16} << 20;
  int64_t spool_max_bytes = int64_t{1} << 30;

  bool operator==(const PushSourceSettings&) const = default;
};

PushSourceSettings ReadPushSource(Fields* fields);
Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const PushSourceSettings& settings,
                                                     const SourceContext& context);

Attempt TryConnection(const std::string& name,
                      const PushSourceSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
