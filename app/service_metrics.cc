#include "app/service_metrics.h"

#include <algorithm>
#include <utility>

#include <sys/statvfs.h>

#include "app/version.h"

namespace keywatch::app {

void AddStaticMetrics(size_t active_rules, size_t rejected_rules, MetricRegistry* metrics) {
  metrics->AddProcessMetrics();
  metrics->AddGauge("keywatch_build_info", "What runs.", {{"version", kVersion}}).Set(1);
  const char* help = "Rules by state.";
  metrics->AddGauge("keywatch_rules_loaded", help, {{"state", "active"}})
      .Set(static_cast<double>(active_rules));
  metrics->AddGauge("keywatch_rules_loaded", help, {{"state", "rejected"}})
      .Set(static_cast<double>(rejected_rules));
}

void AddDiskMetrics(const std::string& data_dir, MetricRegistry* metrics) {
  Gauge free = metrics->AddGauge("keywatch_data_dir_free_bytes",
                                 "Free bytes of the file system that holds data_dir.");
  Gauge size = metrics->AddGauge("keywatch_data_dir_size_bytes",
                                 "Size of the file system that holds data_dir.");
  metrics->BeforeExpose([data_dir, free, size]() mutable {
    struct statvfs found {};
    if (statvfs(data_dir.c_str(), &found) != 0)
      return;
    auto unit = static_cast<double>(found.f_frsize);
    free.Set(static_cast<double>(found.f_bavail) * unit);
    size.Set(static_cast<double>(found.f_blocks) * unit);
  });
}

void AddLoopMetrics(std::function<bool()> ready,
                    std::function<uint64_t()> turns,
                    MetricRegistry* metrics) {
  Gauge is_ready = metrics->AddGauge("keywatch_ready", "1 while /readyz answers 200, else 0.");
  Counter turned = metrics->AddCounter("keywatch_worker_turns_total",
                                       "Turns of the loop that reads and evaluates.");
  metrics->BeforeExpose(
      [is_ready, turned, ready = std::move(ready), turns = std::move(turns)]() mutable {
        is_ready.Set(ready() ? 1 : 0);
        turned.Add(std::max(0.0, static_cast<double>(turns()) - turned.Value()));
      });
}

}  // namespace keywatch::app
