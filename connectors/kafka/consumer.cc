#include "connectors/kafka/consumer.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "connectors/kafka/client_config.h"
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
constexpr milliseconds kWakeInterval{10};
constexpr milliseconds kWakeRetry{2'000};
constexpr int kWakeTimeoutMs = 100;
constexpr int kWatermarkTimeoutMs = 2'000;
// A stop must fit into the 10 s that container runtimes allow, the last snapshot included.
constexpr milliseconds kCloseTimeout{3'000};
constexpr milliseconds kLeaveTimeout{3'000};
constexpr int kLeavePollMs = 100;

int64_t UnixMilliseconds() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

int64_t TimestampOf(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t timestamp = rd_kafka_message_timestamp(&message, &type);
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? 0 : timestamp;
}

void OnLog(const rd_kafka_t*, int, const char* facility, const char* text) {
  // What matters reaches error_cb as well; this is for a look inside, with property `debug`.
  Log(LogLevel::kDebug, "librdkafka", {{"facility", facility}, {"text", text}});
}

}  // namespace

KafkaSource::Consumer::Consumer(KafkaSourceConfig config)
    : config_(std::move(config)),
      status_(config_.name),
      merge_({config_.merge_wait_least, config_.merge_wait_most}) {}

KafkaSource::Consumer::~Consumer() {
  Close();
  if (event_fd_ >= 0) {
    close(event_fd_);
  }
}

Status KafkaSource::Consumer::Open(const pipeline::Positions& restored) {
  Result<ConfHandle> conf = MakeClientConf(config_);
  if (!conf) {
    return conf.error();
  }
  event_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event_fd_ < 0) {
    return Exhausted("no eventfd: too many open files; raise the limit (ulimit -n)");
  }
  restored_ = restored;
  rd_kafka_conf_t* raw = conf->get();
  rd_kafka_conf_set_opaque(raw, this);
  rd_kafka_conf_set_log_cb(raw, OnLog);
  rd_kafka_conf_set_rebalance_cb(
      raw,
      [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list, void* self) {
        static_cast<Consumer*>(self)->OnRebalance(code, list);
      });
  rd_kafka_conf_set_offset_commit_cb(
      raw,
      [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list, void* self) {
        auto* consumer = static_cast<Consumer*>(self);
        consumer->commit_under_way_ = false;
        if (list != nullptr) {
          consumer->OnCommitted(code, *list);
        }
      });
  rd_kafka_conf_set_error_cb(raw, [](rd_kafka_t*, int code, const char* reason, void* self) {
    static_cast<Consumer*>(self)->OnError(static_cast<rd_kafka_resp_err_t>(code), reason);
  });
  rd_kafka_conf_set_stats_cb(raw, [](rd_kafka_t*, char* json, size_t size, void* self) {
    static_cast<Consumer*>(self)->OnStatistics({json, size});
    return 0;  // librdkafka frees it
  });

  std::array<char, 512> text{};
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, raw, text.data(), text.size());
  if (client == nullptr) {
    return InvalidInput(fmt::format("Kafka client: {}", text.data()));
  }
  (void)conf->release();  // rd_kafka_new owns it now
  client_ = ClientHandle(client, rd_kafka_destroy);
  rd_kafka_poll_set_consumer(client);
  events_.reset(rd_kafka_queue_get_consumer(client));
  static constexpr uint64_t kOne = 1;
  rd_kafka_queue_io_event_enable(events_.get(), event_fd_, &kOne, sizeof(kOne));

  PartitionList topics(rd_kafka_topic_partition_list_new(static_cast<int>(config_.topics.size())));
  for (const std::string& topic : config_.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const rd_kafka_resp_err_t code = rd_kafka_subscribe(client, topics.get());
  return code == RD_KAFKA_RESP_ERR_NO_ERROR
             ? Status()
             : InvalidInput(fmt::format("Kafka topics: {}", rd_kafka_err2str(code)));
}

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
  status_.Report(Explain(code, reason, config_.group_id), "");
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
  if (message.err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
    Log(LogLevel::kWarning,
        "kafka source was not polled for max.poll.interval.ms; the group takes its partitions away "
        "until it is polled again",
        {{"source", config_.name}});
  }
  const std::string topic = message.rkt == nullptr ? "" : rd_kafka_topic_name(message.rkt);
  status_.Report(
      Explain(
          message.err, rd_kafka_message_errstr(&message), topic.empty() ? config_.group_id : topic),
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
}

void KafkaSource::Consumer::Refill(PartitionReader* reader) {
  for (const MessageHandle& error : reader->Refill()) {
    OnMessageError(*error, reader);
  }
  TellMerge(reader);
}

void KafkaSource::Consumer::TellMerge(PartitionReader* reader) {
  if (reader->empty()) {
    merge_.SetEmpty(reader->number(), reader->MayHaveMore(), Clock::now());
    return;
  }
  merge_.SetHead(reader->number(), TimestampOf(reader->head()));
  status_.TopicWorks(reader->topic());
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

// rd_kafka_consumer_close() would wait without a bound for a coordinator that has gone away. False
// when the group could not be left in time.
bool KafkaSource::Consumer::LeaveGroup(milliseconds timeout) {
  // Serves the last rebalance: OnRevoke detaches the readers. Not destroyed before the consumer.
  leaving_.reset(rd_kafka_queue_new(client_.get()));
  ErrorHandle error(rd_kafka_consumer_close_queue(client_.get(), leaving_.get()));
  if (error != nullptr)
    return false;
  const Clock::time_point end = Clock::now() + timeout;
  while (rd_kafka_consumer_closed(client_.get()) == 0) {
    if (Clock::now() >= end)
      return false;
    rd_kafka_queue_poll_callback(leaving_.get(), kLeavePollMs);
  }
  return true;
}

void KafkaSource::Consumer::Close() {
  if (client_ == nullptr) {
    return;
  }
  CommitAndWait(kCloseTimeout);
  const bool left = LeaveGroup(kLeaveTimeout);
  if (!left) {
    Log(LogLevel::kWarning,
        "kafka consumer group not left: the group gives its partitions away after "
        "session.timeout.ms",
        {{"source", config_.name}});
  }
  for (const auto& [number, reader] : readers_) {
    if (reader->attached()) {
      reader->Detach();
      merge_.Remove(number);
    }
  }
  rd_kafka_queue_io_event_enable(events_.get(), -1, nullptr, 0);
  events_.reset();
  if (!left || !ever_assigned_) {
    // A client that could not leave would not be destroyed either before its coordinator is back.
    // And librdkafka 2.0.2 ends the process (an assertion in its sticky assignor) when a consumer
    // is destroyed while it joins its group for the first time. Either stays in memory, even beyond
    // the end of main; nothing calls back from it, because nothing polls it any more.
    static auto* kept = new std::vector<std::pair<ClientHandle, QueueHandle>>;
    kept->emplace_back(std::move(client_), std::move(leaving_));
  }
  leaving_.reset();
  client_.reset();
  status_.SetClosed();
}

}  // namespace keywatch::kafka
