// `keywatch sinks test NAME --config FILE`.
#pragma once

#include <string>

namespace keywatch::app {

// Sends an alert that says it is a test through the sink NAME, whatever its route, by the code that
// `run` uses, and prints what the receiver answered. A sink that is told of ends is told of this
// one's as well, so that no incident stays open. Exit code 0: accepted; 1: refused; 4: no answer,
// or to be tried again.
int RunSinksTest(const std::string& config_path,
                 const std::string& name,
                 const std::string& severity);

}  // namespace keywatch::app
