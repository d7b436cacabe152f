// Reads topics of Kafka, or of Event Hubs through its Kafka endpoint, as a member of a consumer
// group.
//
// Each assigned partition has a queue of its own in librdkafka; PartitionMerge chooses the one that
// the next message comes from, by broker timestamp. A queue that is not drained fills up to
// queued.max.messages.kbytes, and then librdkafka stops fetching that partition: memory is bounded
// without pausing anything.
//
// Positions: key and origin are "topic/partition", the value is the offset to read next. Offsets
// are committed to the group only by Commit() and Close(), that is, after the snapshot that covers
// them; at most one commit a second is under way, because Event Hubs throttles them. Deciding is
// left to pure parts: start_offset.h, partition_merge.h, commit_outcome.h, error_text.h.
//
// Delivery: at least once. A partition that moves to another member is read there from the last
// commit on; alert ids make what is found twice one alert.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/client_settings.h"
#include "engine/base/status.h"
#include "engine/pipeline/io.h"

namespace keywatch::kafka {

struct KafkaSourceConfig {
  std::string name = "kafka";
  ClientSettings client;
  std::vector<std::string> topics;
  std::string group_id;
  std::string auto_offset_reset = "earliest";  // or latest: where a group without offsets begins
  // How long a partition that has more is waited for; see PartitionMerge.
  std::chrono::milliseconds merge_wait_least{500};
  std::chrono::milliseconds merge_wait_most{30'000};
};

// Counts since the start. Everything that Health() says in words can be counted here.
struct KafkaSourceStats {
  uint64_t messages = 0;
  uint64_t bytes = 0;
  uint64_t commits = 0;         // requests that the broker accepted
  uint64_t commits_failed = 0;  // requests that it did not, whether retried or dropped
  uint64_t assignments = 0;     // partitions that were given to us
  uint64_t revocations = 0;     // partitions that were taken from us
  uint64_t gaps = 0;            // times that offsets to be read next were no longer at the broker
  uint64_t gap_records = 0;     // offsets that were never read for that reason
  uint64_t overtaken = 0;       // partitions waited for in vain (PartitionMerge)
  uint64_t errors = 0;          // problems that were reported
  pipeline::SourceErrorCounts errors_by_reason{};
  std::map<std::string, int64_t> lag;  // by "topic/partition"; only where it is known
};

// OK when a client can be made from `config`; says what to correct otherwise. Opens no connection.
Status CheckConfig(const KafkaSourceConfig& config);

// Open, Poll, Commit, Close and the destructor belong to one thread; name, Health and Stats to any.
class KafkaSource final : public pipeline::Source {
 public:
  explicit KafkaSource(KafkaSourceConfig config);
  ~KafkaSource() override;
  KafkaSource(const KafkaSource&) = delete;
  KafkaSource& operator=(const KafkaSource&) = delete;

  [[nodiscard]] const std::string& name() const override;
  // Fails only when the configuration is wrong; a broker that does not answer shows in Health.
  Status Open(const pipeline::Positions& restored) override;
  Result<pipeline::RawBatch> Poll(std::chrono::milliseconds timeout) override;
  // Positions of partitions that are not ours any more are ignored.
  void Commit(const pipeline::Positions& durable) override;
  // Commits what is durable, waiting at most 5 s for the answer, and leaves the group. Batches that
  // were yielded stay valid.
  void Close() override;
  [[nodiscard]] pipeline::SourceHealth Health() const override;
  [[nodiscard]] KafkaSourceStats Stats() const;

 private:
  class Consumer;
  std::unique_ptr<Consumer> consumer_;
};

}  // namespace keywatch::kafka
