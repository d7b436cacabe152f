// A thin face of prometheus-cpp: the rest of the tree sees only this.
//
// Metrics are made at start-up, with every label value known then, so that each series exists with
// 0 from the first scrape. All methods are thread-safe; none allocates after creation. On the hot
// path count in a plain integer and Add() once per batch. A handle that no registry made counts
// nothing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace keywatch {

class Counter {
 public:
  void Add(double amount = 1);
  [[nodiscard]] double Value() const;

 private:
  friend class MetricRegistry;
  void* impl_ = nullptr;
};

class Gauge {
 public:
  void Set(double value);
  [[nodiscard]] double Value() const;

 private:
  friend class MetricRegistry;
  void* impl_ = nullptr;
};

class Histogram {
 public:
  void Observe(double value);

 private:
  friend class MetricRegistry;
  void* impl_ = nullptr;
};

using Labels = std::map<std::string, std::string>;

// Handles stay valid as long as the registry. Asking again for the same name and labels gives the
// same metric. A name belongs to one kind of metric with one help text; the wrong name is a mistake
// of ours and ends the process.
class MetricRegistry {
 public:
  MetricRegistry();
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  Counter AddCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge AddGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram AddHistogram(const std::string& name,
                         const std::string& help,
                         const std::vector<double>& buckets,
                         const Labels& labels = {});

  // Calls `refresh` at the start of every Expose(), on its thread: for values that are cheaper to
  // read when asked for than to keep current. It may use handles, but add no metric.
  void BeforeExpose(std::function<void()> refresh);
  // process_cpu_seconds_total, process_resident_memory_bytes, process_start_time_seconds,
  // process_open_fds, and keywatch_log_messages_total and keywatch_log_suppressed_total by level.
  void AddProcessMetrics();

  // Prometheus text format 0.0.4.
  [[nodiscard]] std::string Expose() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch
