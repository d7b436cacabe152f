// `type: blob` in `sources`.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "app/connectors/attempt.h"
#include "app/connectors/azure_credential.h"
#include "app/connectors/fields.h"
#include "app/connectors/http_egress.h"
#include "app/connectors/source_context.h"
#include "engine/base/secret.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct BlobSourceSettings {
  std::string account_url;
  std::string account_name;  // "": what the URL says
  std::string container = "insights-logs-auditevent";
  std::string prefix;
  // One of these three.
  Secret account_key;
  Secret sas_token;
  std::optional<AzureAuth> auth;
  std::string scope = "https://storage.azure.com/.default";
  Ticks poll_interval = 5 * record::kTicksPerSecond;
  Ticks late_hours = 6 * record::kTicksPerHour;
  Ticks late_interval = record::kTicksPerMinute;
  Ticks history = record::kTicksPerHour;
  Ticks from = 0;  // 0: by history
  Ticks to = 0;    // 0: without end
  int parallel = 4;
  int64_t chunk_bytes = int64_t{4} << 20;
  HttpEgress egress;

  bool operator==(const BlobSourceSettings&) const = default;
};

BlobSourceSettings ReadBlobSource(Fields* fields);
Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const BlobSourceSettings& settings,
                                                     const SourceContext& context);

Attempt TryConnection(const std::string& name,
                      const BlobSourceSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
