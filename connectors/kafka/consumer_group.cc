// Assignment of partitions and commits of offsets; the rest of the class is in consumer.cc.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/commit_outcome.h"
#include "connectors/kafka/consumer.h"
#include "connectors/kafka/error_text.h"
#include "connectors/kafka/start_offset.h"
#include "engine/base/log.h"

namespace keywatch::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kCommitInterval{1'000};
constexpr milliseconds kCommitAnswer{60'000};  // then the answer is taken to be lost
constexpr milliseconds kCommitTell{60'000};
constexpr milliseconds kRevokeTimeout{3'000};
constexpr int kEndTimeoutMs = 5'000;
constexpr int kCommittedTimeoutMs = 10'000;

std::optional<int64_t> CommittedOffset(const rd_kafka_topic_partition_list_t& committed,
                                       const rd_kafka_topic_partition_t& partition) {
  const rd_kafka_topic_partition_t* found =
      rd_kafka_topic_partition_list_find(&committed, partition.topic, partition.partition);
  if (found == nullptr || found->err != RD_KAFKA_RESP_ERR_NO_ERROR || found->offset < 0) {
    return std::nullopt;
  }
  return found->offset;
}

}  // namespace

void KafkaSource::Consumer::OnRebalance(rd_kafka_resp_err_t code,
                                        rd_kafka_topic_partition_list_t* partitions) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
      OnAssign(partitions);
      break;
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
      OnRevoke(partitions);
      break;
    default:
      status_.Report(Explain(code, rd_kafka_err2str(code), config_.group_id), "");
      rd_kafka_assign(client_.get(), nullptr);
      break;
  }
}

void KafkaSource::Consumer::OnAssign(rd_kafka_topic_partition_list_t* partitions) {
  // Asked here, and not left to librdkafka, because where to begin depends on our own positions
  // too.
  PartitionList committed(rd_kafka_topic_partition_list_copy(partitions));
  bool known = true;
  if (partitions->cnt > 0) {
    const rd_kafka_resp_err_t code =
        rd_kafka_committed(client_.get(), committed.get(), kCommittedTimeoutMs);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      status_.Report(Explain(code, rd_kafka_err2str(code), config_.group_id), "");
      known = false;
    }
  }
  for (int i = 0; i < partitions->cnt; ++i) {
    AttachFrom(&partitions->elems[i], *committed, known);
  }
  ErrorHandle error(rd_kafka_incremental_assign(client_.get(), partitions));
  if (error != nullptr) {
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    status_.Report(Explain(code, rd_kafka_error_string(error.get()), config_.group_id), "");
  }
  KafkaSourceStats more;
  more.assignments = static_cast<uint64_t>(partitions->cnt);
  status_.Count(more);
  ever_assigned_ = true;
  status_.SetConnected(true);
  status_.SetAssigned(true);
}

void KafkaSource::Consumer::AttachFrom(rd_kafka_topic_partition_t* partition,
                                       const rd_kafka_topic_partition_list_t& committed,
                                       bool committed_known) {
  PartitionReader& reader = MakeReader(partition->topic, partition->partition);
  StartInput input;
  input.reached = reader.position();
  input.committed = CommittedOffset(committed, *partition);
  if (auto restored = restored_.find(reader.origin()); restored != restored_.end()) {
    input.restored = restored->second;
  }
  std::optional<int64_t> start = StartOffset(input);
  const bool skip = !start && committed_known && config_.auto_offset_reset == "latest" &&
                    TopicIsNew(partition->topic, committed);
  if (skip) {
    start = EndOffset(*partition);
  }
  if (start) {
    partition->offset = *start;
  } else if (!committed_known) {
    partition->offset = RD_KAFKA_OFFSET_INVALID;  // librdkafka asks again; see ResetOffset
  } else {
    partition->offset = skip ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
  }
  if (reader.attached()) {
    merge_.Remove(reader.number());
  }
  reader.Attach(client_.get(), event_fd_, start);
  reader.committed = input.committed.value_or(-1);
  reader.durable = skip ? start.value_or(-1) : -1;  // what is skipped is done with: commit that
  merge_.Add(reader.number(), Clock::now());
  status_.TopicWorks(reader.topic());
  Log(LogLevel::kInfo,
      "kafka partition assigned",
      {{"source", config_.name},
       {"partition", reader.origin()},
       {"start", start ? std::to_string(*start) : config_.auto_offset_reset}});
}

std::optional<int64_t> KafkaSource::Consumer::EndOffset(
    const rd_kafka_topic_partition_t& partition) {
  int64_t low = 0;
  int64_t high = 0;
  const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
      client_.get(), partition.topic, partition.partition, &low, &high, kEndTimeoutMs);
  return code == RD_KAFKA_RESP_ERR_NO_ERROR ? std::optional(high) : std::nullopt;
}

// Goes on with a partition at another offset. A seek is refused once an offset was out of range.
bool KafkaSource::Consumer::Reassign(PartitionReader* reader, int64_t offset) {
  PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), reader->topic().c_str(), reader->partition())
      ->offset = offset;
  ErrorHandle removed(rd_kafka_incremental_unassign(client_.get(), list.get()));
  reader->Attach(client_.get(), event_fd_, offset);
  ErrorHandle added(rd_kafka_incremental_assign(client_.get(), list.get()));
  if (added != nullptr) {
    status_.Report(
        Explain(
            rd_kafka_error_code(added.get()), rd_kafka_error_string(added.get()), config_.group_id),
        "");
    reader->needs_reset = true;
    return false;
  }
  if (offset < reader->committed) {
    // A topic made anew: what the group knows of it means nothing any more.
    reader->committed = -1;
    reader->durable = -1;
  }
  return true;
}

// A partition without an offset in a topic that has others with one was added later: its first
// records belong to us even where auto_offset_reset says latest.
bool KafkaSource::Consumer::TopicIsNew(std::string_view topic,
                                       const rd_kafka_topic_partition_list_t& committed) const {
  for (int i = 0; i < committed.cnt; ++i) {
    if (committed.elems[i].topic == topic && committed.elems[i].offset >= 0) {
      return false;
    }
  }
  const std::string prefix = std::string(topic) + "/";
  auto restored = restored_.lower_bound(prefix);
  if (restored != restored_.end() && restored->first.starts_with(prefix)) {
    return false;
  }
  return std::none_of(readers_.begin(), readers_.end(), [&](const auto& entry) {
    return entry.second->topic() == topic && entry.second->position().has_value();
  });
}

void KafkaSource::Consumer::OnRevoke(rd_kafka_topic_partition_list_t* partitions) {
  const bool lost = rd_kafka_assignment_lost(client_.get()) != 0;
  if (!lost && leaving_ == nullptr) {  // Close() has committed already
    CommitAndWait(kRevokeTimeout);
  }
  for (int i = 0; i < partitions->cnt; ++i) {
    PartitionReader* reader =
        FindReader(partitions->elems[i].topic, partitions->elems[i].partition);
    if (reader != nullptr && reader->attached()) {
      reader->Detach();
      merge_.Remove(reader->number());
      Log(LogLevel::kInfo,
          "kafka partition revoked",
          {{"source", config_.name}, {"partition", reader->origin()}});
    }
  }
  ErrorHandle error(rd_kafka_incremental_unassign(client_.get(), partitions));
  if (error != nullptr) {
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    status_.Report(Explain(code, rd_kafka_error_string(error.get()), config_.group_id), "");
  }
  KafkaSourceStats more;
  more.revocations = static_cast<uint64_t>(partitions->cnt);
  status_.Count(more);
  const bool none = std::none_of(
      readers_.begin(), readers_.end(), [](const auto& entry) { return entry.second->attached(); });
  if (lost || none) {
    status_.SetAssigned(false);
  }
}

void KafkaSource::Consumer::Commit(const pipeline::Positions& durable) {
  for (const auto& [origin, position] : durable) {
    auto found = by_origin_.find(origin);
    if (found == by_origin_.end() || !found->second->attached()) {
      continue;
    }
    // Never beyond what was yielded: a partition may have come back at another position.
    PartitionReader& reader = *found->second;
    if (reader.position() && position <= *reader.position()) {
      reader.durable = std::max(reader.durable, position);
    }
  }
  CommitIfDue();
}

PartitionList KafkaSource::Consumer::Uncommitted() const {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(readers_.size())));
  for (const auto& [number, reader] : readers_) {
    if (reader->attached() && reader->durable > reader->committed) {
      rd_kafka_topic_partition_list_add(list.get(), reader->topic().c_str(), reader->partition())
          ->offset = reader->durable;
    }
  }
  return list;
}

void KafkaSource::Consumer::CommitIfDue() {
  const Clock::time_point now = Clock::now();
  const milliseconds pause = commit_under_way_ ? kCommitAnswer : kCommitInterval;
  if (client_ == nullptr || now - last_commit_ < pause) {
    return;
  }
  PartitionList list = Uncommitted();
  if (list->cnt == 0) {
    return;
  }
  last_commit_ = now;
  commit_under_way_ =
      rd_kafka_commit(client_.get(), list.get(), /*async=*/1) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void KafkaSource::Consumer::CommitAndWait(milliseconds timeout) {
  PartitionList list = Uncommitted();
  if (list->cnt == 0) {
    return;
  }
  // rd_kafka_commit() itself would wait without a bound for a coordinator that is away.
  QueueHandle answer(rd_kafka_queue_new(client_.get()));
  const rd_kafka_resp_err_t code = rd_kafka_commit_queue(
      client_.get(),
      list.get(),
      answer.get(),
      [](rd_kafka_t*,
         rd_kafka_resp_err_t result,
         rd_kafka_topic_partition_list_t* offsets,
         void* self) {
        if (offsets != nullptr) {
          static_cast<Consumer*>(self)->OnCommitted(result, *offsets);
        }
      },
      this);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_queue_poll_callback(answer.get(), static_cast<int>(timeout.count()));
  }
}

void KafkaSource::Consumer::OnCommitted(rd_kafka_resp_err_t code,
                                        const rd_kafka_topic_partition_list_t& offsets) {
  KafkaSourceStats more;
  bool failed = code != RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int i = 0; i < offsets.cnt; ++i) {
    const rd_kafka_topic_partition_t& partition = offsets.elems[i];
    const rd_kafka_resp_err_t result =
        partition.err != RD_KAFKA_RESP_ERR_NO_ERROR ? partition.err : code;
    const CommitOutcome outcome = OutcomeOfCommit(result);
    failed = failed || outcome != CommitOutcome::kCommitted;
    PartitionReader* reader = FindReader(partition.topic, partition.partition);
    if (reader != nullptr && outcome != CommitOutcome::kRetry) {
      reader->committed = std::max(reader->committed, partition.offset);
    }
    if (result == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
      // Heartbeats are refused as well, but librdkafka tells that only when the session is over.
      status_.Report(Explain(result, rd_kafka_err2str(result), config_.group_id), "");
    } else if (outcome != CommitOutcome::kCommitted && ShouldTellCommit(result)) {
      Log(LogLevel::kWarning,
          "kafka offset not committed",
          {{"source", config_.name},
           {"partition", fmt::format("{}/{}", partition.topic, partition.partition)},
           {"again", outcome == CommitOutcome::kRetry ? "yes" : "no"},
           {"reason", rd_kafka_err2str(result)}});
    }
  }
  if (!failed && offsets.cnt > 0) {
    told_commit_ = RD_KAFKA_RESP_ERR_NO_ERROR;
    status_.GroupWorks();
  }
  more.commits = failed ? 0 : 1;
  more.commits_failed = failed ? 1 : 0;
  status_.Count(more);
}

// A commit is tried each second: the same failure is told once a minute.
bool KafkaSource::Consumer::ShouldTellCommit(rd_kafka_resp_err_t result) {
  const Clock::time_point now = Clock::now();
  if (result == told_commit_ && now < next_commit_tell_)
    return false;
  told_commit_ = result;
  next_commit_tell_ = now + kCommitTell;
  return true;
}

void KafkaSource::Consumer::OnStatistics(std::string_view json) {
  // Of all states in the statistics only a broker's connection is written "UP".
  status_.SetConnected(json.find("\"state\":\"UP\"") != std::string_view::npos);
  std::map<std::string, int64_t> lag;
  for (const auto& [number, reader] : readers_) {
    if (std::optional<int64_t> records = reader->Lag()) {
      lag[reader->origin()] = *records;
    }
  }
  status_.SetLag(std::move(lag));
}

PartitionReader& KafkaSource::Consumer::MakeReader(const char* topic, int32_t partition) {
  if (PartitionReader* reader = FindReader(topic, partition)) {
    return *reader;
  }
  // Equal timestamps go by topic name, then by partition.
  const auto rank = static_cast<uint64_t>(
      std::count_if(config_.topics.begin(), config_.topics.end(), [&](const std::string& other) {
        return other < topic;
      }));
  const uint64_t number = (rank << 32) | static_cast<uint32_t>(partition);
  auto& reader = readers_[number];
  reader = std::make_unique<PartitionReader>(topic, partition, number);
  by_origin_[reader->origin()] = reader.get();
  return *reader;
}

PartitionReader* KafkaSource::Consumer::FindReader(std::string_view topic, int32_t partition) {
  auto found = by_origin_.find(fmt::format("{}/{}", topic, partition));
  return found == by_origin_.end() ? nullptr : found->second;
}

}  // namespace keywatch::kafka
