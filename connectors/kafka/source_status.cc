#include "connectors/kafka/source_status.h"

#include <utility>

#include "engine/base/log.h"

namespace keywatch::kafka {
namespace {

constexpr std::chrono::minutes kTellAgain{1};
constexpr size_t kMostTold = 64;

// What stays the same when a problem comes again: librdkafka's own words, in brackets at the end,
// hold ports and durations.
std::string Gist(const std::string& text) { return text.substr(0, text.find(" (")); }

}  // namespace

void SourceStatus::CountError(pipeline::SourceError reason) {
  ++stats_.errors;
  ++stats_.errors_by_reason[static_cast<size_t>(reason)];
}

void SourceStatus::Replace(std::string* where, const std::string& text) {
  if (*where == text) {
    return;
  }
  *where = text;
  if (text.empty() || !IsReading()) {
    return;
  }
  const Clock::time_point now = Clock::now();
  if (told_.size() > kMostTold)
    told_.clear();
  auto [told, is_new] = told_.try_emplace(Gist(text), now);
  if (is_new || now - told->second >= kTellAgain) {
    told->second = now;
    Log(LogLevel::kWarning, "kafka source problem", {{"source", source_}, {"problem", text}});
  }
}

bool SourceStatus::IsReading() const {
  return connected_ && assigned_ && topic_problems_.empty() && !group_denied_;
}

void SourceStatus::Report(const Problem& problem, const std::string& topic) {
  if (problem.kind == ProblemKind::kNone) {
    return;
  }
  std::lock_guard lock(mutex_);
  CountError(problem.reason);
  switch (problem.kind) {
    case ProblemKind::kNone:
      break;
    case ProblemKind::kConnection:
      // Texts of lost connections differ in ports and durations: the first one says enough.
      if (connection_problem_.empty()) {
        Replace(&connection_problem_, problem.text);
      }
      break;
    case ProblemKind::kLogin:
      if (login_problem_.empty()) {
        Replace(&login_problem_, problem.text);
      }
      break;
    case ProblemKind::kGroup:
      group_denied_ = problem.reason == pipeline::SourceError::kAccess;
      Replace(&group_problem_, problem.text);
      break;
    case ProblemKind::kTopic:
      topic_problems_[topic] = problem;
      topic_problem_ = true;
      break;
  }
}

void SourceStatus::SetTokenProblem(const std::string& text) {
  std::lock_guard lock(mutex_);
  if (!text.empty() && text != token_problem_)
    CountError(pipeline::SourceError::kToken);
  token_problem_ = text;
}

void SourceStatus::SetConnected(bool connected) {
  std::lock_guard lock(mutex_);
  if (connected_ != connected) {
    Log(connected ? LogLevel::kInfo : LogLevel::kWarning,
        connected ? "kafka source connected" : "kafka source lost all brokers",
        {{"source", source_}});
  }
  connected_ = connected;
  if (connected) {
    connection_problem_.clear();
    login_problem_.clear();
  }
}

void SourceStatus::SetAssigned(bool assigned) {
  std::lock_guard lock(mutex_);
  assigned_ = assigned;
  if (assigned) {
    group_problem_.clear();
    group_denied_ = false;
  }
}

void SourceStatus::SetClosed() {
  std::lock_guard lock(mutex_);
  connected_ = false;
  assigned_ = false;
  stats_.lag.clear();
}

void SourceStatus::TopicWorks(const std::string& topic) {
  if (!topic_problem_) {
    return;
  }
  std::lock_guard lock(mutex_);
  topic_problems_.erase(topic);
  topic_problem_ = !topic_problems_.empty();
}

void SourceStatus::GroupWorks() {
  std::lock_guard lock(mutex_);
  group_problem_.clear();
  group_denied_ = false;
}

bool SourceStatus::IsRefused() const {
  std::lock_guard lock(mutex_);
  return !connected_ && !login_problem_.empty();
}

bool SourceStatus::IsDenied(const std::string& topic) const {
  if (!topic_problem_)
    return false;
  std::lock_guard lock(mutex_);
  auto found = topic_problems_.find(topic);
  return found != topic_problems_.end() && found->second.reason == pipeline::SourceError::kAccess;
}

void SourceStatus::ReportGap(const std::string& text, uint64_t records) {
  std::lock_guard lock(mutex_);
  ++stats_.gaps;
  stats_.gap_records += records;
  Replace(&gap_, text);
}

void SourceStatus::SetLag(std::map<std::string, int64_t> lag) {
  std::lock_guard lock(mutex_);
  stats_.lag = std::move(lag);
}

void SourceStatus::Count(const KafkaSourceStats& more) {
  std::lock_guard lock(mutex_);
  stats_.messages += more.messages;
  stats_.bytes += more.bytes;
  stats_.commits += more.commits;
  stats_.commits_failed += more.commits_failed;
  stats_.assignments += more.assignments;
  stats_.revocations += more.revocations;
  stats_.overtaken += more.overtaken;
}

pipeline::SourceHealth SourceStatus::Health() const {
  std::lock_guard lock(mutex_);
  pipeline::SourceHealth health;
  health.connected = connected_;
  health.assigned = assigned_ && topic_problems_.empty() && !group_denied_;
  health.errors = stats_.errors_by_reason;
  if (!stats_.lag.empty()) {
    health.lag_records = 0;
    for (const auto& [partition, lag] : stats_.lag) {
      health.lag_records += lag;
    }
  }
  health.gaps = stats_.gaps;
  health.gap_records = stats_.gap_records;
  // The cause before its consequences.
  if (!connected_ && !token_problem_.empty()) {
    health.problem = token_problem_;
  } else if (!login_problem_.empty()) {
    health.problem = login_problem_;
  } else if (!connected_ || !connection_problem_.empty()) {
    health.problem =
        connection_problem_.empty() ? "connecting to the brokers" : connection_problem_;
  } else if (!topic_problems_.empty()) {
    health.problem = topic_problems_.begin()->second.text;
  } else if (!group_problem_.empty()) {
    health.problem = group_problem_;
  } else if (!assigned_) {
    health.problem = "waiting for the consumer group to assign partitions";
  } else {
    health.problem = gap_;
  }
  return health;
}

KafkaSourceStats SourceStatus::Stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace keywatch::kafka
