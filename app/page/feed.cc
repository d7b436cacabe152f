#include "app/page/feed.h"

#include <algorithm>
#include <utility>

#include "engine/base/log.h"
#include "engine/rule/rule.h"

namespace keywatch::app::page {
namespace {

constexpr std::chrono::milliseconds kEvery{250};
constexpr size_t kAtOnce = 500;

size_t SeverityIndex(const std::string& name) {
  const std::vector<std::string>& names = rule::SeverityNames();
  return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

}  // namespace

Feed::Feed(std::unique_ptr<state::OutboxReader> reader, WorkerViewOf worker)
    : reader_(std::move(reader)), worker_(std::move(worker)) {}

Feed::~Feed() { Stop(); }

void Feed::Start() {
  if (Result<int64_t> newest = reader_->LastSeq())
    last_seq_ = std::max<int64_t>(0, *newest - kLookBack);
  Look();
  thread_ = std::thread([this] { Run(); });
}

void Feed::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

void Feed::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    Look();
    lock.lock();
    changed_.wait_for(lock, kEvery, [this] { return stopping_; });
  }
}

void Feed::Look() {
  if (auto view = worker_()) {
    uint64_t records = 0;
    for (const pipeline::SourceView& source : view->sources)
      records += source.records;
    std::lock_guard lock(mutex_);
    counts_.AddRecords(records - std::exchange(records_seen_, records), view->taken);
  }
  int64_t from = last_seq();
  Result<int64_t> newest = reader_->LastSeq();
  while (newest && from < *newest) {
    Result<std::vector<state::AlertMark>> marks = reader_->MarksAfter(from, kAtOnce);
    if (!marks || marks->empty()) {
      if (!marks)
        newest = marks.error();
      break;
    }
    std::lock_guard lock(mutex_);
    for (const state::AlertMark& mark : *marks) {
      if (mark.is_end)
        continue;
      counts_.AddAlert(SeverityIndex(mark.severity), mark.created);
      if (last_alert_.size() < kMostRules || last_alert_.contains(mark.rule_id))
        last_alert_[mark.rule_id] = mark.created;
    }
    from = last_seq_ = marks->back().seq;
    changed_.notify_all();
  }
  if (!newest && !std::exchange(failing_, true)) {
    Log(LogLevel::kWarning,
        "the page cannot read the outbox; it tries again",
        {{"error", newest.error().message()}});
  }
  failing_ = failing_ && !newest;
}

Feed::Counts Feed::Now(record::Ticks now) const {
  std::lock_guard lock(mutex_);
  return {counts_.Last(now), last_alert_};
}

int64_t Feed::last_seq() const {
  std::lock_guard lock(mutex_);
  return last_seq_;
}

bool Feed::WaitBeyond(int64_t seq, std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [&] { return stopping_ || last_seq_ > seq; });
  return last_seq_ > seq;
}

}  // namespace keywatch::app::page
