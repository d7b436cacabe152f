// What a Kafka source can say about itself: its health in words, its counts. The consuming thread
// writes, any thread reads. A problem is logged when its text changes, not each time it is
// reported.
#pragma once

#include <atomic>
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
  // A broker accepts us: ends connection and login problems.
  void SetConnected(bool connected);
  // The group has said which partitions are ours, or that its word does not count any more.
  void SetAssigned(bool assigned);
  void SetClosed();
  void TopicWorks(const std::string& topic);
  // Records that nobody can read any more. Stays in Health until the process ends.
  void ReportGap(const std::string& text, uint64_t records);
  void SetLag(std::map<std::string, int64_t> lag);

  // Adds to the counts of the same name.
  void Count(const KafkaSourceStats& more);

  [[nodiscard]] pipeline::SourceHealth Health() const;
  [[nodiscard]] KafkaSourceStats Stats() const;

 private:
  void Replace(std::string* where, const std::string& text);

  const std::string source_;
  std::atomic<bool> topic_problem_{false};  // lets TopicWorks() do nothing, cheaply

  mutable std::mutex mutex_;  // guards all below
  bool connected_ = false;
  bool assigned_ = false;
  std::string connection_problem_;
  std::string login_problem_;
  std::string group_problem_;
  std::string gap_;
  std::map<std::string, std::string> topic_problems_;  // by topic: as many as are configured
  KafkaSourceStats stats_;
};

}  // namespace keywatch::kafka
