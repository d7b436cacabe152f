#include "app/connectors/push_source.h"

#include <fmt/format.h>

#include "connectors/http/reach.h"
#include "connectors/http/server.h"
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

PushSourceSettings ReadPushSource(Fields* fields) {
  PushSourceSettings push;
  ListenAddress listen{push.host, push.port};
  fields->Listen("listen", "address:port where POST /v1/records is taken.", &listen);
  push.host = listen.host;
  push.port = listen.port;
  fields->OneSecret("token", "Bearer tokens, one a line; empty: none is asked for.", &push.token);
  fields->Path("cert_file", "PEM, with its chain; empty: plain HTTP.", &push.cert_file);
  fields->Path("key_file", "PEM.", &push.key_file);
  fields->Path("client_ca_file",
               "PEM; given: clients must show a certificate that it signed.",
               &push.client_ca_file);
  fields->Group(FieldGroup::Rule::kTogether, {"cert_file", "key_file"});
  fields->Bool("allow_insecure_http",
               "Plain HTTP beyond this machine: where TLS ends before keywatch.",
               &push.allow_insecure_http);
  fields->Size("max_body",
               "Of one request, after decompression, at most 256MiB; beyond: 413.",
               &push.max_body);
  fields->Size("spool_max_bytes",
               "In data_dir, not yet covered by a snapshot; beyond: 429. At least max_body.",
               &push.spool_max_bytes);
  if (push.max_body < 1 || push.max_body > kMostBody)
    fields->diagnostics()->Error(fields->span(), "max_body: expected 1 byte to 256MiB");
  if (push.spool_max_bytes < push.max_body) {
    fields->diagnostics()->Error(fields->span(), "spool_max_bytes: expected at least max_body");
  }
  Status safe = push::CheckPushOptions(ToOptions(push), push.allow_insecure_http);
  if (!safe.ok())
    fields->diagnostics()->Error(fields->span(), safe.message());
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

Attempt TryConnection(const std::string& /*name*/,
                      const PushSourceSettings& settings,
                      std::chrono::milliseconds /*limit*/) {
  // On a port that nobody knows: whether the certificate and its key can be used.
  http::Server server(ToOptions(settings).server);
  if (Status started = server.Start(); !started.ok())
    return Attempt::Failed(started.message());
  server.Stop();
  Status free = http::CanBind(settings.host, settings.port);
  if (!free.ok()) {
    return Attempt::Failed(free.message() +
                           ": if it is in use by a running keywatch, all is well; else choose "
                           "another address in `listen`");
  }
  return Attempt::Ok(fmt::format("{}:{} can be listened on", settings.host, settings.port));
}

}  // namespace keywatch::app
