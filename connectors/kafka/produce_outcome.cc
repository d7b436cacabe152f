#include "connectors/kafka/produce_outcome.h"

#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace keywatch::kafka {
namespace {

using pipeline::DeliveryOutcome;
using pipeline::DeliveryResult;
using pipeline::SourceError;
using std::chrono::milliseconds;

constexpr milliseconds kRest = std::chrono::minutes(1);

DeliveryResult Retry(const char* reason, std::string detail, milliseconds rest = milliseconds(0)) {
  return {DeliveryOutcome::kRetry, reason, std::move(detail), rest};
}

DeliveryResult Reject(const char* reason, std::string detail) {
  return {DeliveryOutcome::kReject, reason, std::move(detail), milliseconds(0)};
}

DeliveryResult OutcomeOfProblem(const Problem& problem) {
  switch (problem.reason) {
    case SourceError::kTls:
      return Retry("tls", problem.text);
    case SourceError::kLogin:
    case SourceError::kToken:
    case SourceError::kAccess:
      return Retry("auth", problem.text, kRest);
    case SourceError::kNetwork:
      return Retry("network", problem.text);
    default:
      return Retry("other", problem.text);
  }
}

}  // namespace

bool IsTooLarge(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
         code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

DeliveryResult OutcomeOfProduce(rd_kafka_resp_err_t code,
                                std::string_view detail,
                                std::string_view topic,
                                LoginKind login,
                                const Problem& problem) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return {};

    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      return Reject("too_large",
                    fmt::format("the alert is too large for topic {}, also without evidence: raise "
                                "max.message.bytes of the topic, and property message.max.bytes "
                                "here ({})",
                                topic,
                                detail));
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR__BAD_MSG:
      return Reject("other",
                    fmt::format("topic {} does not take this message: see which schema or rule the "
                                "broker checks messages against ({})",
                                topic,
                                detail));

    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return Retry("missing",
                   fmt::format("topic {} does not exist: create it (Event Hubs: create the hub), "
                               "or correct topic",
                               topic),
                   kRest);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return Retry("auth",
                   fmt::format("writing to topic {} is denied: grant WRITE and DESCRIBE on it "
                               "(Event Hubs: the Send right, or the role Azure Event Hubs Data "
                               "Sender)",
                               topic),
                   kRest);
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return Retry("auth",
                   fmt::format("the broker does not allow an idempotent producer: grant WRITE on "
                               "topic {} (before Kafka 2.8 IDEMPOTENT_WRITE on the cluster too)",
                               topic),
                   kRest);
    case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
      return Retry("throttled", fmt::format("the broker throttles: {}", detail), kRest);

    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
      return Retry("other",
                   fmt::format("topic {} has fewer in-sync replicas than min.insync.replicas: see "
                               "which broker is away ({})",
                               topic,
                               detail));
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return problem.kind == ProblemKind::kNone
                 ? Retry("timeout",
                         fmt::format("no answer within timeout: see whether topic {} has a leader "
                                     "and its in-sync replicas ({})",
                                     topic,
                                     detail))
                 : OutcomeOfProblem(problem);
    default:
      break;
  }
  const Problem named = Explain(code, detail, topic, login);
  return named.kind == ProblemKind::kConnection || named.kind == ProblemKind::kLogin
             ? OutcomeOfProblem(named)
             : Retry("other", fmt::format("Kafka reports: {}", detail));
}

}  // namespace keywatch::kafka
