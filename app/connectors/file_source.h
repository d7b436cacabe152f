// `type: file` in `sources`.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "app/connectors/attempt.h"
#include "app/connectors/fields.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct FileSourceSettings {
  std::vector<std::string> paths;  // globs; - is standard input
  bool follow = true;              // false by default with -

  bool operator==(const FileSourceSettings&) const = default;
};

FileSourceSettings ReadFileSource(Fields* fields);
Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const FileSourceSettings& settings);

Attempt TryConnection(const std::string& name,
                      const FileSourceSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
