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
// Slices that were asked for and not evaluated yet.
constexpr size_t kMostWaiting = 2;
constexpr size_t kMostSeen = 1'000'000;
constexpr auto kLongestWait = std::chrono::milliseconds(60'000);

}  // namespace

LogAnalyticsSource::LogAnalyticsSource(LogAnalyticsOptions options,
                                       std::unique_ptr<QueryService> service)
    : options_(std::move(options)), service_(std::move(service)) {
  for (const std::string& table : options_.tables)
    origins_[table] = options_.name + "/" + table;
  health_.assigned = true;
  health_.problem = "asking Log Analytics for the first time";
}

LogAnalyticsSource::~LogAnalyticsSource() { Close(); }

Status LogAnalyticsSource::Open(const pipeline::Positions& restored) {
  auto position = restored.find(kPosition);
  Ticks from = position == restored.end() ? options_.now() - options_.history : position->second;
  plan_ = std::make_unique<SlicePlan>(options_.slices, from);
  thread_ = std::thread([this] { Run(); });
  return {};
}

void LogAnalyticsSource::Run() {
  while (!stopping_)
    WaitUntil(Step());
}

void LogAnalyticsSource::WaitUntil(Clock::time_point time) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, time, [this] { return stopping_.load(); });
}

// Asks for one slice; when to ask for the next.
LogAnalyticsSource::Clock::time_point LogAnalyticsSource::Step() {
  Slice slice = plan_->Next(options_.now());
  Answer answer = ReadAnswer(service_->Ask(QueryBody(options_.tables, slice)));
  if (stopping_)
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
    std::lock_guard lock(mutex_);
    ++health_.gaps;
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
  std::lock_guard lock(mutex_);
  health_.connected = connected;
  health_.problem = problem;
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
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.size() < kMostWaiting || stopping_; });
  health_.lag_records = plan_->pass_done() ? 0 : -1;
  queue_.push_back(std::move(batch));
  changed_.notify_all();
}

Result<pipeline::RawBatch> LogAnalyticsSource::Poll(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return !queue_.empty(); });
  pipeline::RawBatch batch;
  if (queue_.empty()) {
    batch.read_time = options_.now();
    return batch;
  }
  batch = std::move(queue_.front());
  queue_.pop_front();
  changed_.notify_all();
  return batch;
}

void LogAnalyticsSource::Close() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  service_->Cancel();
  if (thread_.joinable())
    thread_.join();
}

pipeline::SourceHealth LogAnalyticsSource::Health() const {
  std::lock_guard lock(mutex_);
  pipeline::SourceHealth health = health_;
  if (!queue_.empty())
    health.lag_records = -1;
  return health;
}

}  // namespace keywatch::loganalytics
