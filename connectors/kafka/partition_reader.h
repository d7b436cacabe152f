// One partition, for as long as the source lives: where reading is, and, while it is assigned, its
// own queue in librdkafka with the messages taken out of that.
//
// At most kRefill messages are taken at a time, and only when the last ones are used up; beyond
// that they wait in librdkafka, bounded by queued.max.messages.kbytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/handles.h"

namespace keywatch::kafka {

class PartitionReader {
 public:
  static constexpr size_t kRefill = 500;

  PartitionReader(std::string topic, int32_t partition, uint64_t number);

  [[nodiscard]] const std::string& topic() const { return topic_; }
  [[nodiscard]] int32_t partition() const { return partition_; }
  [[nodiscard]] uint64_t number() const { return number_; }
  // "topic/partition"; the address stays the same.
  [[nodiscard]] const std::string& origin() const { return origin_; }

  // Takes the partition's messages out of the common queue; to be called before it is assigned.
  // `event_fd` becomes readable when a message arrives.
  void Attach(rd_kafka_t* client, int event_fd, std::optional<int64_t> start);
  // Forgets what was fetched and not yielded.
  void Detach();
  [[nodiscard]] bool attached() const { return queue_ != nullptr; }

  // Takes messages from librdkafka when none is left here. Errors come back instead of messages.
  std::vector<MessageHandle> Refill();
  void Push(MessageHandle message);
  [[nodiscard]] bool empty() const { return next_ == buffer_.size(); }
  [[nodiscard]] const rd_kafka_message_t& head() const { return *buffer_[next_]; }
  MessageHandle Take();
  // The broker has messages beyond, or may have: nothing was heard from it yet.
  [[nodiscard]] bool MayHaveMore() const;
  // Nothing is left here, and the broker has said that there is more.
  [[nodiscard]] bool Starving() const { return attached() && empty() && heard_ && MayHaveMore(); }
  // Messages at the broker that were not yielded; null if not known.
  [[nodiscard]] std::optional<int64_t> Lag() const;

  // The offset to yield next; null before the first message when reading began at the log's start
  // or end.
  [[nodiscard]] std::optional<int64_t> position() const { return position_; }
  // The offset to fetch next: beyond `position` by what is buffered.
  [[nodiscard]] std::optional<int64_t> fetched() const { return fetched_; }
  // After a seek.
  void Restart(int64_t offset);

  // What is covered by a snapshot, and what the group knows of it; -1: nothing.
  int64_t durable = -1;
  int64_t committed = -1;
  bool needs_reset = false;  // the offset to fetch next is not at the broker
  bool was_read = false;     // the broker gave a message or the partition's end: we may read it
  bool in_batch = false;     // gave a message to the batch in the making

 private:
  const std::string topic_;
  const int32_t partition_;
  const uint64_t number_;
  const std::string origin_;

  rd_kafka_t* client_ = nullptr;  // not owned
  QueueHandle queue_;
  std::vector<MessageHandle> buffer_;
  size_t next_ = 0;  // into buffer_
  std::optional<int64_t> position_;
  std::optional<int64_t> fetched_;
  bool heard_ = false;   // since Attach
  bool at_end_ = false;  // behind the last message in buffer_, the partition ended
};

}  // namespace keywatch::kafka
