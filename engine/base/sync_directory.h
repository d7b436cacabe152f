// A new file's name outlives a power cut only when its directory is on disk too (fsync(2)).
#pragma once

#include <string>

#include "engine/base/status.h"

namespace keywatch {

// "": the working directory. kUnavailable names the directory and the reason.
Status SyncDirectory(const std::string& directory);

}  // namespace keywatch
