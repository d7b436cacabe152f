// The running service: the one place that knows every part and builds them in order.
#pragma once

#include <atomic>
#include <string>

#include "app/config.h"
#include "app/exit_code.h"

namespace keywatch::app {

struct ServiceOptions {
  // When every source has ended: true returns, false goes on serving /metrics until stopped.
  bool return_when_ended = true;
};

// Set by SIGINT and SIGTERM.
extern std::atomic<bool> stop_requested;
void CatchStopSignals();

// Runs until stopped, or until the sources have ended. The exit code.
int RunService(const Config& config, const ServiceOptions& options);

}  // namespace keywatch::app
