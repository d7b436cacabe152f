// What the HTTP listener of a running service answers to machines: /metrics, /healthz, /readyz.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "connectors/http/server.h"
#include "engine/base/metrics.h"

namespace keywatch::app {

// What keeps the service from being ready; empty: nothing. Called by several threads.
using ProblemList = std::function<std::vector<std::string>()>;

// `metrics` outlives the server. `hang` says why only a restart helps, "" while all moves:
// /healthz.
void AddServiceRoutes(const MetricRegistry* metrics,
                      ProblemList problems,
                      std::function<std::string()> hang,
                      http::Server* server);

}  // namespace keywatch::app
