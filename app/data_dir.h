// The directory that holds everything that must survive: made, and held by one process at a time.
#pragma once

#include <string>

#include "engine/base/status.h"

namespace keywatch::app {

// Makes `path` if it is missing, for this user and group only, and locks it until the process ends.
// The message says what to do: it cannot be made or written to, or another process has it.
Status TakeDataDir(const std::string& path);

}  // namespace keywatch::app
