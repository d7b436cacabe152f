// Making the client, making it anew, and letting go of it; the rest of the class is in consumer.cc.
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "connectors/kafka/client_config.h"
#include "connectors/kafka/client_files.h"
#include "connectors/kafka/consumer.h"
#include "engine/base/log.h"

namespace keywatch::kafka {
namespace {

using std::chrono::milliseconds;

// A stop must fit into the 10 s that container runtimes allow, the last snapshot included.
constexpr milliseconds kCloseTimeout{3'000};
constexpr milliseconds kLeaveTimeout{3'000};
constexpr milliseconds kReopenTimeout{500};
constexpr milliseconds kLookInterval{1'000};
constexpr int kLeavePollMs = 100;

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
  event_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event_fd_ < 0) {
    return Exhausted("no eventfd: too many open files; raise the limit (ulimit -n)");
  }
  restored_ = restored;
  feed_ = std::make_unique<CredentialFeed>(
      config_.client, [this](const std::string& problem) { status_.SetTokenProblem(problem); });
  Result<ClientHandle> client = MakeClient();
  return client ? Begin(std::move(*client)) : client.error();
}

void KafkaSource::Consumer::SetCallbacks(rd_kafka_conf_t* raw) {
  feed_->Prepare(raw);
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
}

Result<ClientHandle> KafkaSource::Consumer::MakeClient() {
  file_versions_ = FileVersions(config_.client);  // before they are read
  Result<ConfHandle> conf = MakeClientConf(config_);
  if (!conf) {
    return conf.error();
  }
  SetCallbacks(conf->get());
  std::array<char, 512> text{};
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf->get(), text.data(), text.size());
  if (client == nullptr) {
    return InvalidInput(fmt::format("Kafka client: {}", text.data()));
  }
  (void)conf->release();  // rd_kafka_new owns it now
  return ClientHandle(client, rd_kafka_destroy);
}

Status KafkaSource::Consumer::Begin(ClientHandle made) {
  client_ = std::move(made);
  rd_kafka_t* client = client_.get();
  ever_assigned_ = false;
  feed_->Attach(client);
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

// A client whose files have changed since it was made, and that no broker lets in, may be let in
// with the new ones.
bool KafkaSource::Consumer::ShouldReopen() {
  const Clock::time_point now = Clock::now();
  if (now < next_look_ || !status_.IsRefused())
    return false;
  next_look_ = now + kLookInterval;
  return FileVersions(config_.client) != file_versions_;
}

Status KafkaSource::Consumer::Reopen() {
  Result<ClientHandle> made = MakeClient();
  if (!made) {
    // Half of a pair of files may be new: the client that runs is kept until both are.
    Log(LogLevel::kWarning,
        "kafka client not made anew with its changed files",
        {{"source", config_.name}, {"reason", made.error().message()}});
    return {};
  }
  Log(LogLevel::kInfo,
      "kafka client is made anew: a file of its settings has changed",
      {{"source", config_.name}});
  // Member of a group that did not assign anything yet: see CloseClient().
  char* member = rd_kafka_memberid(client_.get());
  const bool joining = !ever_assigned_ && member != nullptr && *member != '\0';
  if (member != nullptr)
    rd_kafka_mem_free(client_.get(), member);
  CloseClient(kReopenTimeout, joining);
  return Begin(std::move(*made));
}

void KafkaSource::Consumer::Close() {
  if (client_ == nullptr) {
    return;
  }
  CommitAndWait(kCloseTimeout);
  CloseClient(kLeaveTimeout, !ever_assigned_);
  feed_.reset();
  status_.SetClosed();
}

void KafkaSource::Consumer::CloseClient(milliseconds timeout, bool joining) {
  feed_->Detach();
  const bool left = LeaveGroup(timeout);
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
  if (!left || joining) {
    // A client that could not leave would not be destroyed either before its coordinator is back.
    // And librdkafka 2.0.2 ends the process (an assertion in its sticky assignor) when a consumer
    // is destroyed while it joins its group for the first time. Either stays in memory, even beyond
    // the end of main; nothing calls back from it, because nothing polls it any more.
    static auto* kept = new std::vector<std::pair<ClientHandle, QueueHandle>>;
    kept->emplace_back(std::move(client_), std::move(leaving_));
  }
  leaving_.reset();
  client_.reset();
}

}  // namespace keywatch::kafka
