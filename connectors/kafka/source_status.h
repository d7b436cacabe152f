// What a Kafka source can say about itself: its health in words, its counts. The consuming thread
// and the one that fetches tokens write, any thread reads.
//
// A problem that keeps the source from reading is told by whoever looks at Health(). What would not
// show there is logged here: when its text changes, and one that comes and goes once a minute.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "connectors/kafka/error_text.h"
#include "connectors/kafka/kafka_source.h"
#include "engine/pipeline/io.h"

namespace keywatch::kafka {

class SourceStatus {
 public:
  explicit SourceStatus(std::string source) : source_(std::move(source)) {}

  // `topic` is the key under which a kTopic problem ends again.
  void Report(const Problem& problem, const std::string& topic);
  // What keeps an access token from coming; "": nothing.
  void SetTokenProblem(const std::string& text);
  // A broker accepts us: ends connection and login problems.
  void SetConnected(bool connected);
  // The group has said which partitions are ours, or that its word does not count any more.
  void SetAssigned(bool assigned);
  void SetClosed();
  void TopicWorks(const std::string& topic);
  void GroupWorks();
  // Records that nobody can read any more. Stays in Health until the process ends.
  void ReportGap(const std::string& text, uint64_t records);
  void SetLag(std::map<std::string, int64_t> lag);

  // Adds to the counts of the same name.
  void Count(const KafkaSourceStats& more);

  // No broker lets us in.
  [[nodiscard]] bool IsRefused() const;
  // The broker does not let us read the topic.
  [[nodiscard]] bool IsDenied(const std::string& topic) const;

  [[nodiscard]] pipeline::SourceHealth Health() const;
  [[nodiscard]] KafkaSourceStats Stats() const;

 private:
  using Clock = std::chrono::steady_clock;

  void CountError(pipeline::SourceError reason);
  void Replace(std::string* where, const std::string& text);
  [[nodiscard]] bool IsReading() const;

  const std::string source_;
  std::atomic<bool> topic_problem_{false};  // lets TopicWorks() do nothing, cheaply

  mutable std::mutex mutex_;  // guards all below
  bool connected_ = false;
  bool assigned_ = false;
  std::string connection_problem_;
  std::string token_problem_;
  std::string login_problem_;
  std::string group_problem_;
  bool group_denied_ = false;
  std::string gap_;
  std::map<std::string, Problem> topic_problems_;  // by topic: as many as are configured
  std::map<std::string, Clock::time_point> told_;  // when a text was logged last; a few
  KafkaSourceStats stats_;
};

}  // namespace keywatch::kafka
