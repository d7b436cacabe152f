#include "engine/base/metrics.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/base/log.h"

namespace keywatch {
namespace {

std::vector<std::string> StatFields() {
  // Field 2 of /proc/self/stat is the program's name in parentheses and may hold blanks.
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  size_t close = text.rfind(')');
  std::vector<std::string> fields;
  if (close == std::string::npos)
    return fields;
  std::istringstream rest(text.substr(close + 1));
  for (std::string field; rest >> field;)
    fields.push_back(field);
  return fields;
}

double ProcessStartSeconds() {
  constexpr size_t kStartTime = 19;  // field 22 of proc(5), counted from field 3
  std::vector<std::string> fields = StatFields();
  std::ifstream stat("/proc/stat");
  double boot = 0;
  for (std::string word; stat >> word;) {
    if (word == "btime") {
      stat >> boot;
      break;
    }
  }
  if (fields.size() <= kStartTime)
    return boot;
  return boot + std::strtod(fields[kStartTime].c_str(), nullptr) /
                    static_cast<double>(sysconf(_SC_CLK_TCK));
}

double ProcessCpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

double ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double OpenDescriptors() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error)
    return 0;
  double count = -1;  // the listing itself holds one
  for ([[maybe_unused]] const auto& entry : entries)
    ++count;
  return count;
}

}  // namespace

struct MetricRegistry::Impl {
  prometheus::Registry registry;
  mutable std::mutex mutex;
  std::vector<std::function<void()>> refreshers;  // guarded by mutex

  // prometheus-cpp throws on a malformed name or one that is already of another kind.
  template <class Builder, class... Arguments>
  void* Add(Builder builder,
            const std::string& name,
            const std::string& help,
            const Labels& labels,
            const Arguments&... arguments) {
    try {
      auto& family = builder.Name(name).Help(help).Register(registry);
      return &family.Add(labels, arguments...);
    } catch (const std::exception& error) {
      CheckFailed(__FILE__, __LINE__, name.c_str(), error.what());
    }
  }
};

void Counter::Add(double amount) {
  if (impl_ != nullptr)
    static_cast<prometheus::Counter*>(impl_)->Increment(amount);
}

double Counter::Value() const {
  return impl_ == nullptr ? 0 : static_cast<prometheus::Counter*>(impl_)->Value();
}

void Gauge::Set(double value) {
  if (impl_ != nullptr)
    static_cast<prometheus::Gauge*>(impl_)->Set(value);
}

double Gauge::Value() const {
  return impl_ == nullptr ? 0 : static_cast<prometheus::Gauge*>(impl_)->Value();
}

void Histogram::Observe(double value) {
  if (impl_ != nullptr)
    static_cast<prometheus::Histogram*>(impl_)->Observe(value);
}

MetricRegistry::MetricRegistry() : impl_(std::make_unique<Impl>()) {}
MetricRegistry::~MetricRegistry() = default;

Counter MetricRegistry::AddCounter(const std::string& name,
                                   const std::string& help,
                                   const Labels& labels) {
  Counter out;
  out.impl_ = impl_->Add(prometheus::BuildCounter(), name, help, labels);
  return out;
}

Gauge MetricRegistry::AddGauge(const std::string& name,
                               const std::string& help,
                               const Labels& labels) {
  Gauge out;
  out.impl_ = impl_->Add(prometheus::BuildGauge(), name, help, labels);
  return out;
}

Histogram MetricRegistry::AddHistogram(const std::string& name,
                                       const std::string& help,
                                       const std::vector<double>& buckets,
                                       const Labels& labels) {
  Histogram out;
  out.impl_ = impl_->Add(prometheus::BuildHistogram(), name, help, labels, buckets);
  return out;
}

void MetricRegistry::BeforeExpose(std::function<void()> refresh) {
  std::lock_guard lock(impl_->mutex);
  impl_->refreshers.push_back(std::move(refresh));
}

void MetricRegistry::AddProcessMetrics() {
  Counter cpu = AddCounter("process_cpu_seconds_total", "User and system time used, in seconds.");
  Gauge memory = AddGauge("process_resident_memory_bytes", "Resident memory, in bytes.");
  Gauge start = AddGauge("process_start_time_seconds", "Start of the process, Unix seconds.");
  Gauge files = AddGauge("process_open_fds", "Open file descriptors.");
  struct LogCounters {
    Counter written;
    Counter suppressed;
    LogLevel level = LogLevel::kDebug;
  };
  std::array<LogCounters, 4> lines{};
  constexpr std::array<std::pair<LogLevel, const char*>, 4> kLevels = {
      {{LogLevel::kDebug, "debug"},
       {LogLevel::kInfo, "info"},
       {LogLevel::kWarning, "warning"},
       {LogLevel::kError, "error"}}};
  for (size_t i = 0; i < kLevels.size(); ++i) {
    const Labels labels = {{"level", kLevels[i].second}};
    lines[i] = {
        AddCounter("keywatch_log_messages_total", "Log lines written, by level.", labels),
        AddCounter("keywatch_log_suppressed_total",
                   "Log lines left out because too many came from one place; a line says how many.",
                   labels),
        kLevels[i].first};
  }
  start.Set(ProcessStartSeconds());
  BeforeExpose([cpu, memory, files, lines]() mutable {
    cpu.Add(std::max(0.0, ProcessCpuSeconds() - cpu.Value()));
    memory.Set(ResidentBytes());
    files.Set(OpenDescriptors());
    auto follow = [](Counter* counter, uint64_t count) {
      counter->Add(std::max(0.0, static_cast<double>(count) - counter->Value()));
    };
    for (auto& [written, suppressed, level] : lines) {
      follow(&written, LogLineCount(level));
      follow(&suppressed, SuppressedLogLineCount(level));
    }
  });
}

std::string MetricRegistry::Expose() const {
  // One scrape at a time, so that two cannot both add the same difference to a counter.
  std::lock_guard lock(impl_->mutex);
  for (const auto& refresh : impl_->refreshers)
    refresh();
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace keywatch
