#include "connectors/kafka/trial.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include "connectors/kafka/client_config.h"
#include "connectors/kafka/credential_feed.h"
#include "connectors/kafka/error_text.h"
#include "connectors/kafka/handles.h"
#include "connectors/kafka/produce_outcome.h"
#include "connectors/kafka/producer_config.h"

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

// What a trial is about: whose client, and how its answers are told.
enum class End { kSource, kSink };
struct Subject {
  const ClientSettings& client;
  End end;
  std::string name;  // of what an error is about that does not say so: the group or the topic
};

// A source and a sink need different rights of the same topic.
std::string TextOf(rd_kafka_resp_err_t code, const std::string& name, End end, LoginKind login) {
  const char* said = rd_kafka_err2str(code);
  std::string text = end == End::kSink ? OutcomeOfProduce(code, said, name, login, Problem{}).detail
                                       : Explain(code, said, name, login).text;
  return text.empty() ? fmt::format("{}: {}", name, said) : text;
}

class Trial {
 public:
  Trial(Subject subject, milliseconds limit)
      : subject_(std::move(subject)),
        end_(Clock::now() + limit),
        feed_(subject_.client, [this](const std::string& problem) {
          std::lock_guard lock(mutex_);
          token_problem_ = problem;
        }) {}
  ~Trial() {
    feed_.Detach();
    // Without it a consumer's destructor would wait for the group's coordinator.
    if (client_ != nullptr)
      rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  Status Connect(Result<ConfHandle> conf) {
    if (!conf)
      return conf.error();
    feed_.Prepare(conf->get());
    rd_kafka_conf_set_opaque(conf->get(), this);
    rd_kafka_conf_set_log_cb(conf->get(), [](const rd_kafka_t*, int, const char*, const char*) {});
    rd_kafka_conf_set_error_cb(conf->get(), [](rd_kafka_t*, int code, const char* why, void* self) {
      static_cast<Trial*>(self)->OnError(static_cast<rd_kafka_resp_err_t>(code), why);
    });
    std::array<char, 512> text{};
    const rd_kafka_type_t type = subject_.end == End::kSink ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
    client_ = rd_kafka_new(type, conf->get(), text.data(), text.size());
    if (client_ == nullptr)
      return InvalidInput(fmt::format("Kafka client: {}", text.data()));
    (void)conf->release();  // rd_kafka_new owns it now
    feed_.Attach(client_);
    return {};
  }

  // The number of partitions of the topics together. All topics are asked for, because a broker may
  // create one that is asked for by name (auto.create.topics.enable).
  Result<int> Partitions(const std::vector<std::string>& names) {
    Metadata data;
    KEYWATCH_RETURN_IF_ERROR(Ask(names.front(), [&](int timeout) {
      const rd_kafka_metadata_t* raw = nullptr;
      const auto code = rd_kafka_metadata(client_, 1, nullptr, &raw, timeout);
      data.reset(raw);
      return code;
    }));
    int partitions = 0;
    for (const std::string& name : names) {
      const rd_kafka_metadata_topic_t* begin = data->topics;
      const rd_kafka_metadata_topic_t* end = begin + data->topic_cnt;
      const rd_kafka_metadata_topic_t* found =
          std::find_if(begin, end, [&](const auto& topic) { return name == topic.topic; });
      if (found == end) {
        return Unavailable(Explained(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, name) +
                           "; if it does exist, grant DESCRIBE on it: others are not shown");
      }
      if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return Unavailable(Explained(found->err, name));
      partitions += found->partition_cnt;
    }
    return partitions;
  }

  // Whether the offsets of the group may be asked for.
  Status Group(const std::string& topic) {
    PartitionList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), 0);
    return Ask(subject_.name,
               [&](int timeout) { return rd_kafka_committed(client_, list.get(), timeout); });
  }

 private:
  // Asks until there is an answer, a refusal, or no time.
  template <class Question>
  Status Ask(const std::string& name, Question question) {
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
        return Unavailable(Explained(code, name));
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

  [[nodiscard]] std::string Explained(rd_kafka_resp_err_t code, const std::string& name) const {
    return TextOf(code, name, subject_.end, login());
  }

  void OnError(rd_kafka_resp_err_t code, const char* why) {
    Problem problem = Explain(code, why, subject_.name, login());
    std::lock_guard lock(mutex_);
    if (problem.kind == ProblemKind::kLogin) {
      refused_ = problem.text;
    } else if (problem.kind == ProblemKind::kConnection) {
      unreachable_ = problem.text;
    }
  }

  [[nodiscard]] LoginKind login() const {
    return subject_.client.tokens == nullptr ? LoginKind::kPassword : LoginKind::kToken;
  }

  const Subject subject_;
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
  Trial trial({config.client, End::kSource, config.group_id}, limit);
  KEYWATCH_RETURN_IF_ERROR(trial.Connect(MakeClientConf(config)));
  Result<int> partitions = trial.Partitions(config.topics);
  if (!partitions)
    return partitions.error();
  KEYWATCH_RETURN_IF_ERROR(trial.Group(config.topics.front()));
  return fmt::format("logged in; {} topic{} with {} partition{}, group {}",
                     config.topics.size(),
                     config.topics.size() == 1 ? "" : "s",
                     *partitions,
                     *partitions == 1 ? "" : "s",
                     config.group_id);
}

Result<std::string> TrySink(const KafkaSinkOptions& options, milliseconds limit) {
  Trial trial({options.client, End::kSink, options.topic}, limit);
  KEYWATCH_RETURN_IF_ERROR(
      trial.Connect(MakeProducerConf(options.client, options.topic, options.timeout)));
  Result<int> partitions = trial.Partitions({options.topic});
  if (!partitions)
    return partitions.error();
  return fmt::format("logged in; topic {} with {} partition{}",
                     options.topic,
                     *partitions,
                     *partitions == 1 ? "" : "s");
}

}  // namespace keywatch::kafka
