// The inside of KafkaSource: librdkafka's consumer, and the callbacks through which it speaks.
//
// All callbacks run inside Poll() or Close(), in the thread that calls these: librdkafka puts them
// on the consumer's queue, and only serves them there. So nothing here is shared but `status_`.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/credential_feed.h"
#include "connectors/kafka/error_text.h"
#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_source.h"
#include "connectors/kafka/partition_merge.h"
#include "connectors/kafka/partition_reader.h"
#include "connectors/kafka/source_status.h"
#include "engine/base/status.h"
#include "engine/pipeline/io.h"

namespace keywatch::kafka {

class KafkaSource::Consumer {
 public:
  explicit Consumer(KafkaSourceConfig config);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  [[nodiscard]] const std::string& name() const { return config_.name; }
  [[nodiscard]] const SourceStatus& status() const { return status_; }
  Status Open(const pipeline::Positions& restored);
  Result<pipeline::RawBatch> Poll(std::chrono::milliseconds timeout);
  void Commit(const pipeline::Positions& durable);
  void Close();

 private:
  using Clock = std::chrono::steady_clock;

  // consumer_client.cc: making the client.
  void SetCallbacks(rd_kafka_conf_t* raw);
  Result<ClientHandle> MakeClient();
  Status Begin(ClientHandle made);
  bool ShouldReopen();
  Status Reopen();
  void CloseClient(std::chrono::milliseconds timeout, bool joining);
  bool LeaveGroup(std::chrono::milliseconds timeout);

  // consumer.cc: reading.
  void ServeEvents();
  void RefillAll();
  void Refill(PartitionReader* reader);
  void TellMerge(PartitionReader* reader);
  PartitionMerge::Decision Fill(pipeline::RawBatch* batch);
  void Finish(pipeline::RawBatch* batch);
  void Wait(Clock::time_point until);
  void ProbeDenied();
  void WakeFetcher();
  void OnError(rd_kafka_resp_err_t code, const char* reason);
  void OnMessageError(const rd_kafka_message_t& message, PartitionReader* reader);
  void ResetOffset(PartitionReader* reader);

  // consumer_group.cc: assignment and commits.
  void OnRebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions);
  void OnAssign(rd_kafka_topic_partition_list_t* partitions);
  bool Reassign(PartitionReader* reader, int64_t offset);
  void OnRevoke(rd_kafka_topic_partition_list_t* partitions);
  std::optional<int64_t> EndOffset(const rd_kafka_topic_partition_t& partition);
  void AttachFrom(rd_kafka_topic_partition_t* partition,
                  const rd_kafka_topic_partition_list_t& committed,
                  bool committed_known);
  [[nodiscard]] bool TopicIsNew(std::string_view topic,
                                const rd_kafka_topic_partition_list_t& committed) const;
  void OnCommitted(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t& offsets);
  [[nodiscard]] PartitionList Uncommitted() const;
  bool ShouldTellCommit(rd_kafka_resp_err_t result);
  void CommitIfDue();
  void CommitAndWait(std::chrono::milliseconds timeout);
  void OnStatistics(std::string_view json);

  PartitionReader& MakeReader(const char* topic, int32_t partition);
  PartitionReader* FindReader(std::string_view topic, int32_t partition);
  [[nodiscard]] LoginKind login_kind() const {
    return config_.client.tokens == nullptr ? LoginKind::kPassword : LoginKind::kToken;
  }

  const KafkaSourceConfig config_;
  SourceStatus status_;
  ClientHandle client_;
  QueueHandle leaving_;  // while closing
  QueueHandle events_;   // what is not a message of an attached partition
  int event_fd_ = -1;    // readable when librdkafka has something for us
  std::string fatal_;    // set once: what retrying cannot mend
  std::unique_ptr<CredentialFeed> feed_;
  std::string file_versions_;  // of the files that the client was made with

  pipeline::Positions restored_;  // taken out as partitions are assigned
  std::map<uint64_t, std::unique_ptr<PartitionReader>> readers_;  // by number; never removed
  std::map<std::string, PartitionReader*, std::less<>> by_origin_;
  PartitionMerge merge_;
  uint64_t overtaken_counted_ = 0;
  Clock::time_point next_reset_{};
  Clock::time_point next_wake_{};
  Clock::time_point next_probe_{};
  Clock::time_point next_look_{};

  bool ever_assigned_ = false;
  bool commit_under_way_ = false;
  Clock::time_point last_commit_{};
  rd_kafka_resp_err_t told_commit_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  Clock::time_point next_commit_tell_{};
};

}  // namespace keywatch::kafka
