#include "connectors/kafka/consumer.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "connectors/kafka/error_text.h"
#include "engine/base/log.h"
#include "engine/record/time.h"

namespace keywatch::kafka {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMaxBatchMessages = 1'000;
constexpr size_t kMaxBatchBytes = 4 << 20;
constexpr milliseconds kLongestSleep{100};  // commits and resets that are due must not wait longer
constexpr milliseconds kResetRetry{1'000};
constexpr milliseconds kProbeInterval{3'000};
constexpr milliseconds kWakeInterval{10};
constexpr milliseconds kWakeRetry{2'000};
constexpr int kWakeTimeoutMs = 100;
constexpr int kWatermarkTimeoutMs = 2'000;

int64_t UnixMilliseconds() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

int64_t TimestampOf(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t timestamp = rd_kafka_message_timestamp(&message, &type);
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? 0 : timestamp;
}

}  // namespace

Result<pipeline::RawBatch> KafkaSource::Consumer::Poll(milliseconds timeout) {
  if (client_ == nullptr) {
    return InternalError("Kafka source polled while it is not open");
  }
  const Clock::time_point deadline = Clock::now() + timeout;
  pipeline::RawBatch batch;
  for (;;) {
    uint64_t signals = 0;
    (void)!read(event_fd_, &signals, sizeof(signals));  // before looking: what comes later wakes us
    ServeEvents();
    if (!fatal_.empty()) {
      return Unavailable(fatal_);
    }
    if (ShouldReopen()) {
      Status reopened = Reopen();
      if (!reopened.ok())
        return reopened;
    }
    CommitIfDue();
    RefillAll();
    const PartitionMerge::Decision decision = Fill(&batch);
    const Clock::time_point now = Clock::now();
    if (!batch.messages.empty() || now >= deadline) {
      break;
    }
    WakeFetcher();
    Clock::time_point until = std::min(deadline, now + kLongestSleep);
    if (decision.action == PartitionMerge::Action::kWait) {
      until = std::min(until, decision.until);
    }
    Wait(until);
  }
  Finish(&batch);
  return batch;
}

void KafkaSource::Consumer::ServeEvents() {
  while (MessageHandle message{rd_kafka_consumer_poll(client_.get(), 0)}) {
    PartitionReader* reader =
        message->rkt == nullptr ? nullptr
                                : FindReader(rd_kafka_topic_name(message->rkt), message->partition);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      OnMessageError(*message, reader);
    } else if (reader != nullptr && reader->attached()) {
      reader->Push(std::move(message));
      TellMerge(reader);
    }
  }
}

void KafkaSource::Consumer::OnError(rd_kafka_resp_err_t code, const char* reason) {
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 512> text{};
    code = rd_kafka_fatal_error(client_.get(), text.data(), text.size());
    fatal_ = Explain(code, text.data(), config_.group_id).text;
  }
  const Problem problem = Explain(code, reason, config_.group_id, login_kind());
  status_.Report(problem, "");
  if (problem.reason == pipeline::SourceError::kLogin && feed_ != nullptr)
    feed_->TokenRefused();
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    status_.SetConnected(false);
  }
}

void KafkaSource::Consumer::OnMessageError(const rd_kafka_message_t& message,
                                           PartitionReader* reader) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    return;
  }
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && reader != nullptr) {
    reader->needs_reset = true;
    return;
  }
  if (reader != nullptr)
    reader->was_read = false;
  if (message.err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
    Log(LogLevel::kWarning,
        "kafka source was not polled for max.poll.interval.ms; the group takes its partitions away "
        "until it is polled again",
        {{"source", config_.name}});
  }
  const std::string topic = message.rkt == nullptr ? "" : rd_kafka_topic_name(message.rkt);
  status_.Report(Explain(message.err,
                         rd_kafka_message_errstr(&message),
                         topic.empty() ? config_.group_id : topic,
                         login_kind()),
                 topic);
}

void KafkaSource::Consumer::RefillAll() {
  const Clock::time_point now = Clock::now();
  for (const auto& [number, reader] : readers_) {
    if (!reader->attached()) {
      continue;
    }
    if (reader->empty()) {
      Refill(reader.get());
    }
    if (reader->needs_reset && reader->empty() && now >= next_reset_) {
      ResetOffset(reader.get());
    }
  }
  if (now >= next_probe_) {
    next_probe_ = now + kProbeInterval;
    ProbeDenied();
  }
}

void KafkaSource::Consumer::Refill(PartitionReader* reader) {
  for (const MessageHandle& error : reader->Refill()) {
    OnMessageError(*error, reader);
  }
  TellMerge(reader);
}

void KafkaSource::Consumer::TellMerge(PartitionReader* reader) {
  if (std::exchange(reader->was_read, false))
    status_.TopicWorks(reader->topic());
  if (reader->empty()) {
    merge_.SetEmpty(reader->number(), reader->MayHaveMore(), Clock::now());
    return;
  }
  merge_.SetHead(reader->number(), TimestampOf(reader->head()));
}

PartitionMerge::Decision KafkaSource::Consumer::Fill(pipeline::RawBatch* batch) {
  const Clock::time_point now = Clock::now();
  const int64_t wall_now = UnixMilliseconds();
  auto owner = std::make_shared<MessageBatch>(client_);
  PartitionMerge::Decision decision;
  size_t bytes = 0;
  while (batch->messages.size() < kMaxBatchMessages && bytes < kMaxBatchBytes) {
    decision = merge_.Decide(now, wall_now);
    if (decision.action != PartitionMerge::Action::kYield) {
      break;
    }
    PartitionReader* reader = readers_.at(decision.partition).get();
    MessageHandle message = reader->Take();
    reader->in_batch = true;
    const int64_t timestamp = TimestampOf(*message);
    pipeline::RawMessage& raw = batch->messages.emplace_back();
    raw.origin = &reader->origin();
    raw.offset = message->offset;
    raw.bytes = {static_cast<const char*>(message->payload), message->len};
    raw.broker_time = timestamp > 0 ? record::FromUnixMilliseconds(timestamp) : 0;
    bytes += message->len;
    owner->messages.push_back(std::move(message));
    if (reader->empty()) {
      Refill(reader);
    } else {
      merge_.SetHead(reader->number(), TimestampOf(reader->head()));
    }
  }
  KafkaSourceStats more;
  more.messages = batch->messages.size();
  more.bytes = bytes;
  more.overtaken = merge_.overtaken() - std::exchange(overtaken_counted_, merge_.overtaken());
  if (more.messages != 0 || more.overtaken != 0) {
    status_.Count(more);
  }
  batch->owner = std::move(owner);
  return decision;
}

void KafkaSource::Consumer::Finish(pipeline::RawBatch* batch) {
  batch->read_time = record::WallNow();
  for (const auto& [number, reader] : readers_) {
    if (std::exchange(reader->in_batch, false)) {
      batch->next[reader->origin()] = *reader->position();
    }
  }
}

void KafkaSource::Consumer::Wait(Clock::time_point until) {
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
  if (left.count() > 0) {
    pollfd wanted{event_fd_, POLLIN, 0};
    (void)poll(&wanted, 1, static_cast<int>(left.count()));
  }
}

// librdkafka tells once that reading a partition is not allowed, and nothing when it is again and
// no record comes. Begun anew, a partition says that it is at its end, if it may be read.
void KafkaSource::Consumer::ProbeDenied() {
  for (const auto& [number, reader] : readers_) {
    const bool probe = reader->attached() && reader->empty() && reader->fetched() &&
                       !reader->needs_reset && status_.IsDenied(reader->topic());
    if (probe)
      Reassign(reader.get(), *reader->fetched());
  }
}

// When the queues of all its partitions are full, librdkafka's thread for a broker sleeps for up to
// a second and does not notice that one was emptied (fixed after 2.0.2): with few partitions most
// of the time would be spent so. Any request to that broker wakes it; this one is cheap.
void KafkaSource::Consumer::WakeFetcher() {
  const Clock::time_point now = Clock::now();
  if (now < next_wake_) {
    return;
  }
  for (const auto& [number, reader] : readers_) {
    if (!reader->Starving()) {
      continue;
    }
    int64_t low = 0;
    int64_t high = 0;
    const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        client_.get(), reader->topic().c_str(), reader->partition(), &low, &high, kWakeTimeoutMs);
    next_wake_ = now + (code == RD_KAFKA_RESP_ERR_NO_ERROR ? kWakeInterval : kWakeRetry);
    return;
  }
}

// The offset to fetch next is not at the broker: retention has deleted it before it was read, or
// the topic was made anew. Reading goes on with the oldest record there is, and the gap is told.
void KafkaSource::Consumer::ResetOffset(PartitionReader* reader) {
  int64_t low = 0;
  int64_t high = 0;
  const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(client_.get(),
                                                                    reader->topic().c_str(),
                                                                    reader->partition(),
                                                                    &low,
                                                                    &high,
                                                                    kWatermarkTimeoutMs);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    next_reset_ = Clock::now() + kResetRetry;
    return;
  }
  const std::optional<int64_t> wanted = reader->fetched();
  int64_t start = low;
  if (!wanted) {
    start = config_.auto_offset_reset == "latest" ? high : low;
  } else if (*wanted >= low && *wanted <= high) {
    start = *wanted;
  }
  if (!Reassign(reader, start)) {
    next_reset_ = Clock::now() + kResetRetry;
    return;
  }
  if (wanted && *wanted < low) {
    status_.ReportGap(
        fmt::format("{} records of {} (offsets {} to {}) were deleted at the broker before they "
                    "were read: raise the topic's retention, or find out why reading fell behind",
                    low - *wanted,
                    reader->origin(),
                    *wanted,
                    low - 1),
        static_cast<uint64_t>(low - *wanted));
  } else if (wanted && *wanted > high) {
    status_.ReportGap(
        fmt::format("{} ends at offset {}, but was read up to {}: the topic was made anew or the "
                    "broker lost records; reading begins again at {}",
                    reader->origin(),
                    high,
                    *wanted,
                    low),
        0);
  }
}

}  // namespace keywatch::kafka
