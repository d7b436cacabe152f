#include "connectors/kafka/partition_reader.h"

#include <array>
#include <utility>

namespace keywatch::kafka {

PartitionReader::PartitionReader(std::string topic, int32_t partition, uint64_t number)
    : topic_(std::move(topic)),
      partition_(partition),
      number_(number),
      origin_(topic_ + "/" + std::to_string(partition)) {}

void PartitionReader::Attach(rd_kafka_t* client, int event_fd, std::optional<int64_t> start) {
  Detach();
  client_ = client;
  queue_.reset(rd_kafka_queue_get_partition(client, topic_.c_str(), partition_));
  rd_kafka_queue_forward(queue_.get(), nullptr);
  // What an eventfd takes: eight bytes, a number that is added up.
  static constexpr uint64_t kOne = 1;
  rd_kafka_queue_io_event_enable(queue_.get(), event_fd, &kOne, sizeof(kOne));
  position_ = start;
  fetched_ = start;
}

void PartitionReader::Detach() {
  if (queue_ != nullptr) {
    rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0);
  }
  queue_.reset();
  client_ = nullptr;
  buffer_.clear();
  next_ = 0;
  fetched_ = position_;
  heard_ = false;
  at_end_ = false;
  needs_reset = false;
  was_read = false;
  in_batch = false;
}

std::vector<MessageHandle> PartitionReader::Refill() {
  std::vector<MessageHandle> errors;
  if (queue_ == nullptr || !empty()) {
    return errors;
  }
  buffer_.clear();
  next_ = 0;
  std::array<rd_kafka_message_t*, kRefill> taken{};
  const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), 0, taken.data(), taken.size());
  for (ssize_t i = 0; i < count; ++i) {
    MessageHandle message(taken[static_cast<size_t>(i)]);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      Push(std::move(message));
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      heard_ = true;
      was_read = true;
      at_end_ = true;
      if (!position_ && !fetched_) {
        // Reading began at the end of the log: what stands before it was never wanted. (With
        // messages in the buffer it did not: they come before this end, and are not durable yet.)
        Restart(message->offset);
        durable = message->offset;
      }
    } else {
      errors.push_back(std::move(message));
    }
  }
  return errors;
}

void PartitionReader::Push(MessageHandle message) {
  heard_ = true;
  was_read = true;
  at_end_ = false;
  fetched_ = message->offset + 1;
  buffer_.push_back(std::move(message));
}

MessageHandle PartitionReader::Take() {
  MessageHandle message = std::move(buffer_[next_++]);
  position_ = message->offset + 1;
  return message;
}

bool PartitionReader::MayHaveMore() const {
  if (!heard_) {
    return true;
  }
  if (at_end_ || !position_) {
    return false;
  }
  int64_t low = 0;
  int64_t high = 0;
  if (rd_kafka_get_watermark_offsets(client_, topic_.c_str(), partition_, &low, &high) !=
          RD_KAFKA_RESP_ERR_NO_ERROR ||
      high < 0) {
    return true;
  }
  return *position_ < high;
}

std::optional<int64_t> PartitionReader::Lag() const {
  if (!attached()) {
    return std::nullopt;
  }
  if (at_end_ && empty()) {
    return 0;
  }
  int64_t low = 0;
  int64_t high = 0;
  if (!heard_ || !position_ ||
      rd_kafka_get_watermark_offsets(client_, topic_.c_str(), partition_, &low, &high) !=
          RD_KAFKA_RESP_ERR_NO_ERROR ||
      high < 0) {
    return std::nullopt;
  }
  return std::max<int64_t>(0, high - *position_);
}

void PartitionReader::Restart(int64_t offset) {
  position_ = offset;
  fetched_ = offset;
}

}  // namespace keywatch::kafka
