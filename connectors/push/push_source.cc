#include "connectors/push/push_source.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "connectors/push/push_policy.h"
#include "engine/base/log.h"

namespace keywatch::push {
namespace {

constexpr char kPartition[] = "spool";
constexpr size_t kBatchBytes = size_t{2} << 20;
constexpr int kRetrySeconds = 5;

}  // namespace

Status CheckPushOptions(const PushOptions& options, bool allow_insecure_http) {
  bool tls = !options.server.cert_file.empty();
  bool certificates = !options.server.client_ca_file.empty();
  if (tls == options.server.key_file.empty())
    return InvalidInput("expected cert_file and key_file together");
  if (certificates && !tls)
    return InvalidInput(
        "client_ca_file needs cert_file and key_file: certificates are part of TLS");
  if (IsLoopback(options.host))
    return {};
  if (options.tokens.empty() && !certificates) {
    return InvalidInput(fmt::format(
        "refusing to listen on {} to whoever asks: set token_file (clients send Authorization: "
        "Bearer), or cert_file, key_file and client_ca_file (clients show a certificate), or "
        "listen "
        "on 127.0.0.1",
        options.host));
  }
  if (!tls && !allow_insecure_http) {
    return InvalidInput(fmt::format(
        "refusing to listen on {} without TLS, where tokens and records can be read on the way: "
        "set "
        "cert_file and key_file, or allow_insecure_http: true if TLS ends before keywatch",
        options.host));
  }
  return {};
}

PushSource::PushSource(PushOptions options, MetricRegistry* metrics)
    : options_(std::move(options)), origin_(options_.name + "/" + kPartition) {
  for (int status : AnsweredStatuses()) {
    requests_[status] =
        metrics->AddCounter("keywatch_push_requests_total",
                            "Requests to push records, by the status answered.",
                            {{"source", options_.name}, {"code", std::to_string(status)}});
  }
  Labels labels = {{"source", options_.name}};
  spool_bytes_ = metrics->AddGauge(
      "keywatch_push_spool_bytes", "Pushed bytes that no snapshot covers yet.", labels);
  metrics
      ->AddGauge("keywatch_push_spool_limit_bytes",
                 "At so many bytes in the spool pushes are answered with 429.",
                 labels)
      .Set(static_cast<double>(options_.spool.most_bytes));
}

PushSource::~PushSource() { Close(); }

Status PushSource::Open(const pipeline::Positions& restored) {
  auto position = restored.find(kPartition);
  Result<std::unique_ptr<Spool>> spool =
      Spool::Open(options_.spool, position == restored.end() ? 0 : position->second);
  if (!spool)
    return Status(spool.error().code(),
                  fmt::format("source {}: {}", options_.name, spool.error().message()));
  spool_ = std::move(*spool);
  http::ServerOptions server = options_.server;
  server.reserved = {"/healthz"};
  server.on_answer = [this](int status) {
    if (auto counter = requests_.find(status); counter != requests_.end())
      counter->second.Add();
  };
  server_ = std::make_unique<http::Server>(std::move(server));
  server_->Get("/healthz", [](const http::ServerRequest&) {
    return http::ServerReply{200, "text/plain; charset=utf-8", "ok\n"};
  });
  server_->Post(
      "/v1/records",
      [this](const http::ServerRequest& request) { return Take(request); },
      [this](const http::ServerRequest& request) { return Admit(request); });
  if (Status started = server_->Start(options_.host, options_.port); !started.ok())
    return Status(started.code(), fmt::format("source {}: {}", options_.name, started.message()));
  Log(LogLevel::kInfo,
      "taking pushed records",
      {{"source", options_.name},
       {"address", fmt::format("{}:{}", options_.host, server_->port())}});
  return {};
}

// Before the body is read: nobody unknown makes us read it, and a full spool is said at once.
http::ServerReply PushSource::Admit(const http::ServerRequest& request) const {
  if (!options_.tokens.empty() &&
      !IsAuthorized(request.Header("authorization"), options_.tokens.Reveal())) {
    http::ServerReply reply =
        Refuse(401, "expected Authorization: Bearer and a token that this source accepts");
    reply.headers.emplace_back("WWW-Authenticate", "Bearer");
    return reply;
  }
  http::ServerReply encoding = CheckEncoding(request);
  if (encoding.status != 200)
    return encoding;
  std::string length = request.Header("content-length");
  size_t bytes = 0;
  std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (bytes > options_.server.most_body) {
    return Refuse(413,
                  fmt::format("expected at most {} bytes (after decompression): send fewer records "
                              "at a time",
                              options_.server.most_body));
  }
  if (!spool_->HasRoom(bytes))
    return RefuseForNow(429, "the spool is full: send it again later", kRetrySeconds);
  return {};
}

http::ServerReply PushSource::Take(const http::ServerRequest& request) {
  if (request.body.empty())
    return Refuse(400, "expected records in the body, found none");
  Status kept = spool_->Append(request.body);
  if (kept.code() == StatusCode::kExhausted)
    return RefuseForNow(429, "the spool is full: send it again later", kRetrySeconds);
  if (!kept.ok())  // the reason is in the log and in /readyz, not for whoever pushes
    return RefuseForNow(503, "the spool cannot be written: send it again later", kRetrySeconds);
  return {202, "application/json", "{}\n"};
}

Result<pipeline::RawBatch> PushSource::Poll(std::chrono::milliseconds timeout) {
  Result<SpoolBatch> read = spool_->Read(kBatchBytes, timeout);
  if (!read)
    return read.error();
  pipeline::RawBatch batch;
  batch.read_time = record::WallNow();
  for (const SpoolBatch::Entry& entry : read->entries)
    batch.messages.push_back({&origin_, entry.position, entry.payload, 0});
  if (!read->entries.empty())
    batch.next[kPartition] = read->next;
  batch.owner = std::move(read->memory);
  return batch;
}

void PushSource::Commit(const pipeline::Positions& durable) {
  if (auto position = durable.find(kPartition); position != durable.end())
    spool_->Release(position->second);
}

void PushSource::Close() {
  if (server_ != nullptr)
    server_->Stop();
}

pipeline::SourceHealth PushSource::Health() const {
  pipeline::SourceHealth health;
  if (spool_ == nullptr)
    return health;
  SpoolState state = spool_->State();
  health.assigned = true;
  health.connected = state.problem.empty();
  health.lag_records = state.unread_entries;
  health.gaps = state.lost_bytes > 0 ? 1 : 0;
  if (!state.problem.empty())
    health.problem = "pushes are refused until the disk takes them: " + state.problem;
  Gauge(spool_bytes_).Set(static_cast<double>(state.bytes));
  return health;
}

}  // namespace keywatch::push
