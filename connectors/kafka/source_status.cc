#include "connectors/kafka/source_status.h"

#include <utility>

#include "engine/base/log.h"

namespace keywatch::kafka {

void SourceStatus::Replace(std::string* where, const std::string& text) {
  if (*where == text) {
    return;
  }
  *where = text;
  if (!text.empty()) {
    Log(LogLevel::kWarning, "kafka source problem", {{"source", source_}, {"problem", text}});
  }
}

void SourceStatus::Report(const Problem& problem, const std::string& topic) {
  std::lock_guard lock(mutex_);
  ++stats_.errors;
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
      Replace(&group_problem_, problem.text);
      break;
    case ProblemKind::kTopic:
      Replace(&topic_problems_[topic], problem.text);
      topic_problem_ = true;
      break;
  }
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
  health.assigned = assigned_ && topic_problems_.empty();
  if (!stats_.lag.empty()) {
    health.lag_records = 0;
    for (const auto& [partition, lag] : stats_.lag) {
      health.lag_records += lag;
    }
  }
  health.gaps = stats_.gaps;
  health.gap_records = stats_.gap_records;
  // The cause before its consequences.
  if (!login_problem_.empty()) {
    health.problem = login_problem_;
  } else if (!connected_ || !connection_problem_.empty()) {
    health.problem =
        connection_problem_.empty() ? "connecting to the brokers" : connection_problem_;
  } else if (!topic_problems_.empty()) {
    health.problem = topic_problems_.begin()->second;
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
