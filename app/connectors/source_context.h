// What a source may need of the service that it is made for.
#pragma once

#include <string>

#include "engine/base/metrics.h"

namespace keywatch::app {

struct SourceContext {
  std::string data_dir;
  int snapshots_kept = 3;
  MetricRegistry* metrics = nullptr;
};

}  // namespace keywatch::app
