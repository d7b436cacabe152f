// Records that are pushed over HTTP.
//
//   POST /v1/records   a body of any envelope: 202 when it is durable in the spool
//   GET  /healthz      200
//
// A message is one body, its offset the place in the spool. Whoever got 202 need not send again,
// whatever happens to this process; whoever got anything else, or nothing, must: what comes twice
// is evaluated once.
#pragma once

#include <memory>
#include <string>

#include "connectors/http/server.h"
#include "connectors/push/spool.h"
#include "engine/base/metrics.h"
#include "engine/base/secret.h"
#include "engine/pipeline/io.h"

namespace keywatch::push {

struct PushOptions {
  std::string name = "http";
  std::string host = "127.0.0.1";
  int port = 0;
  Secret tokens;  // one a line; empty: none is asked for
  http::ServerOptions server;
  SpoolOptions spool;
};

// Refuses, before anything is opened, to listen beyond this machine to whoever asks.
Status CheckPushOptions(const PushOptions& options, bool allow_insecure_http);

class PushSource : public pipeline::Source {
 public:
  PushSource(PushOptions options, MetricRegistry* metrics);
  ~PushSource() override;

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  // Takes up the spool and listens.
  Status Open(const pipeline::Positions& restored) override;
  Result<pipeline::RawBatch> Poll(std::chrono::milliseconds timeout) override;
  void Commit(const pipeline::Positions& durable) override;
  void Close() override;
  [[nodiscard]] pipeline::SourceHealth Health() const override;

  [[nodiscard]] int port() const { return server_ == nullptr ? 0 : server_->port(); }

 private:
  [[nodiscard]] http::ServerReply Admit(const http::ServerRequest& request) const;
  http::ServerReply Take(const http::ServerRequest& request);

  PushOptions options_;
  const std::string origin_;         // of every message
  std::map<int, Counter> requests_;  // by status
  Gauge spool_bytes_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<http::Server> server_;  // after the spool that its threads use
};

}  // namespace keywatch::push
