// Metrics of the service as a whole: what runs, whether it is ready and turns, and the disk under
// it. docs/metrics.md lists them with their meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "engine/base/metrics.h"

namespace keywatch::app {

// Process metrics, keywatch_build_info and keywatch_rules_loaded.
void AddStaticMetrics(size_t active_rules, size_t rejected_rules, MetricRegistry* metrics);

// Free and total bytes of the file system that holds `data_dir`, asked for at each scrape. Free is
// what an ordinary user may fill. Both keep their last value when the file system does not answer.
void AddDiskMetrics(const std::string& data_dir, MetricRegistry* metrics);

// keywatch_ready as /readyz has it, and keywatch_worker_turns_total. Both are called at each
// scrape, on its thread, and outlive every Expose().
void AddLoopMetrics(std::function<bool()> ready,
                    std::function<uint64_t()> turns,
                    MetricRegistry* metrics);

}  // namespace keywatch::app
