#include "app/connectors/push_source.h"

#include "connectors/push/push_source.h"

namespace keywatch::app {
namespace {

constexpr int64_t kMostBody = int64_t{256} << 20;
// So many requests are read at once: each holds its body in memory, twice while it is stored.
constexpr size_t kThreads = 16;  // each may hold a body, packed and unpacked
// For a body of max_body over a slow line.
constexpr std::chrono::seconds kRequestTime{60};

push::PushOptions ToOptions(const PushSourceSettings& settings) {
  push::PushOptions options;
  options.host = settings.host;
  options.port = settings.port;
  options.tokens = settings.token;
  options.server.threads = kThreads;
  options.server.request_time = kRequestTime;
  options.server.most_body = static_cast<size_t>(settings.max_body);
  options.server.cert_file = settings.cert_file;
  options.server.key_file = settings.key_file;
  options.server.client_ca_file = settings.client_ca_file;
  options.spool.most_bytes = settings.spool_max_bytes;
  return options;
}

}  // namespace

PushSourceSettings ReadPushSource(ConnectorFields* fields) {
  PushSourceSettings push;
  if (const rule::YamlNode* listen = fields->reader().Find("listen")) {
    if (auto address = ReadListenAddress(*listen, fields->diagnostics())) {
      push.host = address->host;
      push.port = address->port;
    }
  }
  push.token = fields->OneSecret("token");
  push.cert_file = fields->Path("cert_file");
  push.key_file = fields->Path("key_file");
  push.client_ca_file = fields->Path("client_ca_file");
  SetField(fields->reader().Bool("allow_insecure_http"), &push.allow_insecure_http);
  SetField(fields->reader().Size("max_body"), &push.max_body);
  SetField(fields->reader().Size("spool_max_bytes"), &push.spool_max_bytes);
  if (push.max_body < 1 || push.max_body > kMostBody)
    fields->diagnostics()->Error(fields->item().span, "max_body: expected 1 byte to 256MiB");
  if (push.spool_max_bytes < push.max_body) {
    fields->diagnostics()->Error(fields->item().span,
                                 "spool_max_bytes: expected at least max_body");
  }
  Status safe = push::CheckPushOptions(ToOptions(push), push.allow_insecure_http);
  if (!safe.ok())
    fields->diagnostics()->Error(fields->item().span, safe.message());
  return push;
}

Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const PushSourceSettings& settings,
                                                     const SourceContext& context) {
  push::PushOptions options = ToOptions(settings);
  options.name = name;
  options.spool.folder = context.data_dir + "/spool/" + name;
  options.spool.snapshots_kept = static_cast<size_t>(context.snapshots_kept);
  return std::unique_ptr<pipeline::Source>(
      std::make_unique<push::PushSource>(std::move(options), context.metrics));
}

}  // namespace keywatch::app
