// The running service: the one place that knows every part and builds them in order.
#pragma once

#include <atomic>
#include <string>

#include "app/config.h"

namespace keywatch::app {

// Exit codes of the command line.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFindings = 1;  // failed checks
inline constexpr int kExitUsage = 2;     // usage or rule error
inline constexpr int kExitConfiguration = 3;
inline constexpr int kExitRuntime = 4;

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
