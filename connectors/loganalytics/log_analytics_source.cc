#include "connectors/loganalytics/log_analytics_source.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connectors/loganalytics/row_record.h"
#include "engine/base/backoff.h"
#include "engine/base/log.h"
#include "engine/record/hash.h"

namespace keywatch::loganalytics {
namespace {

constexpr char kPosition[] = "ingested";
constexpr size_t kMostSeen = 1'000'000;
constexpr auto kLongestWait = std::chrono::milliseconds(60'000);

}  // namespace

LogAnalyticsSource::LogAnalyticsSource(LogAnalyticsOptions options,
                                       std::unique_ptr<QueryService> service)
    : options_(std::move(options)), service_(std::move(service)) {
  for (const std::string& table : options_.tables)
    origins_[table] = options_.name + "/" + table;
  thread_.ChangeHealth([](auto* health) {
    health->assigned = true;
    health->problem = "asking Log Analytics for the first time";
  });
}

LogAnalyticsSource::~LogAnalyticsSource() { Close(); }

Status LogAnalyticsSource::Open(const pipeline::Positions& restored) {
  auto position = restored.find(kPosition);
  Ticks from = position == restored.end() ? options_.now() - options_.history : position->second;
  plan_ = std::make_unique<SlicePlan>(options_.slices, from);
  thread_.Start([this] { return Step(); });
  return {};
}

// Asks for one slice; when to ask for the next.
LogAnalyticsSource::Clock::time_point LogAnalyticsSource::Step() {
  Slice slice = plan_->Next(options_.now());
  Answer answer = ReadAnswer(service_->Ask(QueryBody(options_.tables, slice)));
  if (thread_.stopping())
    return Clock::now();
  if (answer.kind == AnswerKind::kTooMuch && plan_->OnTooMuch(slice)) {
    Log(LogLevel::kInfo,
        "Log Analytics has more than it gives at once: asking for less time",
        {{"source", options_.name},
         {"from", record::FormatDatetime(slice.from)},
         {"to", record::FormatDatetime(slice.to)}});
    return Clock::now();
  }
  if (answer.kind == AnswerKind::kTooMuch && !answer.rows.empty() && answer.service_now > 0) {
    // A millisecond with more than half a million rows: what was given is all that can be had.
    thread_.ChangeHealth([](auto* health) { ++health->gaps; });
    Log(LogLevel::kError,
        "Log Analytics gave only a part of what was ingested at one instant",
        {{"source", options_.name}, {"ingested", record::FormatDatetime(slice.from)}});
  } else if (answer.kind != AnswerKind::kRows) {
    return OnFailure(answer);
  }
  failures_ = 0;
  plan_->OnWhole(slice, answer.service_now);
  Note(true, "");
  HandOver(std::move(answer.rows));
  if (!plan_->pass_done())
    return Clock::now();
  return Clock::now() + std::chrono::nanoseconds(options_.poll_interval * 100);
}

LogAnalyticsSource::Clock::time_point LogAnalyticsSource::OnFailure(const Answer& answer) {
  Note(false, answer.problem);
  ++failures_;
  if (answer.retry_after.count() > 0)
    return Clock::now() + answer.retry_after;
  BackoffPolicy policy{options_.backoff, std::max(options_.backoff, kLongestWait), 2.0};
  return Clock::now() + BackoffDelay(policy, failures_, static_cast<uint64_t>(failures_));
}

void LogAnalyticsSource::Note(bool connected, const std::string& problem) {
  thread_.ChangeHealth([&](auto* health) {
    health->connected = connected;
    health->problem = problem;
  });
}

bool LogAnalyticsSource::IsNew(const Row& row, const std::string& text) {
  uint64_t hash = record::HashBytes(text, static_cast<uint64_t>(row.ingested));
  return seen_.emplace(hash, row.ingested).second;
}

void LogAnalyticsSource::HandOver(std::vector<Row> rows) {
  auto texts = std::make_shared<std::deque<std::string>>();
  pipeline::RawBatch batch;
  batch.read_time = options_.now();
  for (const Row& row : rows) {
    auto origin = origins_.find(row.table);
    const record::Table* table = record::SchemaCatalog::Builtin().Find(row.table);
    if (origin == origins_.end() || table == nullptr)
      continue;
    std::string text = RecordOfRow(*table, row.columns);
    if (!IsNew(row, text))
      continue;
    texts->push_back(std::move(text));
    batch.messages.push_back({&origin->second, row.ingested, texts->back(), row.ingested});
  }
  const Ticks complete = plan_->complete();
  if (seen_.size() > kMostSeen)
    seen_.clear();  // the pipeline knows them too
  std::erase_if(seen_, [&](const auto& row) { return row.second < complete; });
  batch.owner = std::move(texts);
  batch.next[kPosition] = complete;
  thread_.HandOver(std::move(batch));
  const int64_t lag = plan_->pass_done() ? 0 : -1;
  thread_.ChangeHealth([&](auto* health) { health->lag_records = lag; });
}

Result<pipeline::RawBatch> LogAnalyticsSource::Poll(std::chrono::milliseconds timeout) {
  return thread_.Take(timeout, options_.now);
}

void LogAnalyticsSource::Close() {
  thread_.Stop([this] { service_->Cancel(); });
}

pipeline::SourceHealth LogAnalyticsSource::Health() const { return thread_.Health(); }

}  // namespace keywatch::loganalytics
