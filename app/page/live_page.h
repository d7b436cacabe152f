// The page and the API of a running service: handlers between the HTTP server and the pure
// functions of this folder. Read-only: nothing here changes what keywatch does.
//
// Bounds: kMostStreams open event streams, for which the server needs threads; a stream ends after
// an hour, and the client comes again. Searches of the outbox end after half a second and say so.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connectors/http/server.h"
#include "engine/base/metrics.h"
#include "engine/base/secret.h"
#include "engine/base/status.h"
#include "engine/pipeline/delivery.h"
#include "engine/pipeline/worker_view.h"

namespace keywatch::app::page {

inline constexpr size_t kMostStreams = 8;

// Where the page gets what it shows. The functions are called by several threads.
struct PageSources {
  std::string outbox_path;
  std::string version;
  std::function<std::shared_ptr<const pipeline::WorkerView>()> worker;
  std::function<std::vector<pipeline::SinkHealth>()> sinks;
  std::function<std::vector<std::string>()> problems;
};

struct PageAccess {
  Secret token;             // empty: none
  bool on_loopback = true;  // where the server listens
};

class LivePage {
 public:
  // The outbox is open already.
  static Result<std::unique_ptr<LivePage>> Make(PageSources sources,
                                                PageAccess access,
                                                MetricRegistry* metrics);
  ~LivePage();
  LivePage(const LivePage&) = delete;
  LivePage& operator=(const LivePage&) = delete;

  // Before the server starts; this object outlives its threads.
  void AddRoutes(http::Server* server);
  // Ends its own thread and the streams' waiting; before the server stops.
  void Stop();

 private:
  struct Impl;
  explicit LivePage(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::app::page
