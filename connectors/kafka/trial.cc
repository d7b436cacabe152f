#include "connectors/kafka/trial.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include "connectors/kafka/client_config.h"
#include "connectors/kafka/credential_feed.h"
#include "connectors/kafka/error_text.h"
#include "connectors/kafka/handles.h"

namespace keywatch::kafka {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Between two looks at what librdkafka has reported.
constexpr milliseconds kStep{500};

struct MetadataDeleter {
  void operator()(const rd_kafka_metadata_t* data) const { rd_kafka_metadata_destroy(data); }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, MetadataDeleter>;
struct TopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;

class Trial {
 public:
  Trial(const KafkaSourceConfig& config, milliseconds limit)
      : config_(config),
        end_(Clock::now() + limit),
        feed_(config.client, [this](const std::string& problem) {
          std::lock_guard lock(mutex_);
          token_problem_ = problem;
        }) {}
  ~Trial() {
    feed_.Detach();
    // Without it the destructor would wait for the group's coordinator.
    if (client_ != nullptr)
      rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  Status Connect() {
    Result<ConfHandle> conf = MakeClientConf(config_);
    if (!conf)
      return conf.error();
    feed_.Prepare(conf->get());
    rd_kafka_conf_set_opaque(conf->get(), this);
    rd_kafka_conf_set_log_cb(conf->get(), [](const rd_kafka_t*, int, const char*, const char*) {});
    rd_kafka_conf_set_error_cb(conf->get(), [](rd_kafka_t*, int code, const char* why, void* self) {
      static_cast<Trial*>(self)->OnError(static_cast<rd_kafka_resp_err_t>(code), why);
    });
    std::array<char, 512> text{};
    client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf->get(), text.data(), text.size());
    if (client_ == nullptr)
      return InvalidInput(fmt::format("Kafka client: {}", text.data()));
    (void)conf->release();  // rd_kafka_new owns it now
    feed_.Attach(client_);
    return {};
  }

  // The number of the topic's partitions.
  Result<int> Partitions(const std::string& name) {
    Topic topic(rd_kafka_topic_new(client_, name.c_str(), nullptr));
    Metadata data;
    KEYWATCH_RETURN_IF_ERROR(Ask(name, [&](int timeout) {
      const rd_kafka_metadata_t* raw = nullptr;
      const auto code = rd_kafka_metadata(client_, 0, topic.get(), &raw, timeout);
      data.reset(raw);
      return code;
    }));
    if (data->topic_cnt != 1)
      return Unavailable(fmt::format("the broker did not answer about topic {}", name));
    const rd_kafka_metadata_topic_t& found = data->topics[0];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return Unavailable(Explained(found.err, name));
    return found.partition_cnt;
  }

  Status Group() {
    PartitionList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), config_.topics.front().c_str(), 0);
    return Ask(config_.group_id,
               [&](int timeout) { return rd_kafka_committed(client_, list.get(), timeout); });
  }

 private:
  // Asks until there is an answer, a refusal, or no time.
  template <class Question>
  Status Ask(const std::string& subject, Question question) {
    while (true) {
      const rd_kafka_resp_err_t code = question(static_cast<int>(kStep.count()));
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return {};
      rd_kafka_poll(client_, 0);  // calls OnError
      const bool again = code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
                         code == RD_KAFKA_RESP_ERR__TRANSPORT ||
                         code == RD_KAFKA_RESP_ERR__WAIT_COORD ||
                         code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
                         code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
      if (!again)
        return Unavailable(Explained(code, subject));
      std::lock_guard lock(mutex_);
      if (!refused_.empty())
        return Unavailable(refused_);
      if (Clock::now() < end_)
        continue;
      if (!token_problem_.empty())
        return Unavailable("no access token: " + token_problem_);
      if (!unreachable_.empty())
        return Unavailable(unreachable_);
      return Unavailable("no broker answers: check brokers, the network and the firewall");
    }
  }

  std::string Explained(rd_kafka_resp_err_t code, const std::string& subject) {
    Problem problem = Explain(code, rd_kafka_err2str(code), subject, login());
    return problem.text.empty() ? fmt::format("{}: {}", subject, rd_kafka_err2str(code))
                                : problem.text;
  }

  void OnError(rd_kafka_resp_err_t code, const char* why) {
    Problem problem = Explain(code, why, config_.group_id, login());
    std::lock_guard lock(mutex_);
    if (problem.kind == ProblemKind::kLogin) {
      refused_ = problem.text;
    } else if (problem.kind == ProblemKind::kConnection) {
      unreachable_ = problem.text;
    }
  }

  [[nodiscard]] LoginKind login() const {
    return config_.client.tokens == nullptr ? LoginKind::kPassword : LoginKind::kToken;
  }

  const KafkaSourceConfig& config_;
  const Clock::time_point end_;
  rd_kafka_t* client_ = nullptr;
  std::mutex mutex_;           // guards the three below
  std::string refused_;        // by a broker that answers
  std::string unreachable_;    // why none answers
  std::string token_problem_;  // what keeps an access token from coming
  CredentialFeed feed_;        // last: its thread writes the above
};

}  // namespace

Result<std::string> TrySource(const KafkaSourceConfig& config, milliseconds limit) {
  Trial trial(config, limit);
  KEYWATCH_RETURN_IF_ERROR(trial.Connect());
  int partitions = 0;
  for (const std::string& topic : config.topics) {
    Result<int> found = trial.Partitions(topic);
    if (!found)
      return found.error();
    partitions += *found;
  }
  KEYWATCH_RETURN_IF_ERROR(trial.Group());
  return fmt::format("logged in; {} topic{} with {} partition{}, group {}",
                     config.topics.size(),
                     config.topics.size() == 1 ? "" : "s",
                     partitions,
                     partitions == 1 ? "" : "s",
                     config.group_id);
}

}  // namespace keywatch::kafka
