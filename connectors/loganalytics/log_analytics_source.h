// Records that a Log Analytics workspace holds, asked for by query.
//
// A thread of its own asks, slice by slice of ingestion time (slice_plan.h), and hands over whole
// slices through a short queue; Poll takes from it. The position `ingested` is the ingestion time
// before which every row has been handed over. Rows of the last minutes are asked for again and
// again, because some become visible late; what was handed over before is left out, as far as it is
// remembered, and the pipeline drops the rest.
//
// What stands in the way (no token, refused, throttled, unreachable) shows in Health and is tried
// again, at most a minute apart or when the service says so.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "connectors/loganalytics/query.h"
#include "connectors/loganalytics/slice_plan.h"
#include "engine/pipeline/io.h"
#include "engine/pipeline/reading_thread.h"

namespace keywatch::loganalytics {

// One request to the query API.
class QueryService {
 public:
  virtual ~QueryService() = default;
  // Called by one thread.
  virtual http::Response Ask(const std::string& body) = 0;
  // Makes a running Ask() return soon, and every later one at once. Any thread.
  virtual void Cancel() = 0;
};

struct LogAnalyticsOptions {
  std::string name = "log_analytics";
  std::vector<std::string> tables = {"AzureDiagnostics", "AZKVAuditLogs"};
  SliceSettings slices;
  Ticks poll_interval = 30 * record::kTicksPerSecond;
  Ticks history = record::kTicksPerHour;  // how far back a first start reads
  // A first wait after a failure; doubled up to a minute.
  std::chrono::milliseconds backoff{1000};
  std::function<Ticks()> now = record::WallNow;
};

class LogAnalyticsSource : public pipeline::Source {
 public:
  LogAnalyticsSource(LogAnalyticsOptions options, std::unique_ptr<QueryService> service);
  ~LogAnalyticsSource() override;

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  Status Open(const pipeline::Positions& restored) override;
  Result<pipeline::RawBatch> Poll(std::chrono::milliseconds timeout) override;
  void Commit(const pipeline::Positions& /*durable*/) override {}
  void Close() override;
  [[nodiscard]] pipeline::SourceHealth Health() const override;

 private:
  using Clock = pipeline::ReadingThread::Clock;

  // Of the reading thread.
  Clock::time_point Step();
  Clock::time_point OnFailure(const Answer& answer);
  void HandOver(std::vector<Row> rows);
  [[nodiscard]] bool IsNew(const Row& row, const std::string& text);
  void Note(bool connected, const std::string& problem);

  const LogAnalyticsOptions options_;
  const std::unique_ptr<QueryService> service_;
  std::map<std::string, std::string> origins_;  // by table; messages point at them

  // Of the asking thread, once it runs.
  std::unique_ptr<SlicePlan> plan_;
  std::unordered_map<uint64_t, Ticks> seen_;  // ingestion time by hash of a row
  int failures_ = 0;

  pipeline::ReadingThread thread_;  // last: it uses the others
};

}  // namespace keywatch::loganalytics
