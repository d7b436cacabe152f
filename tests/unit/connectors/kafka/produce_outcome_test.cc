#include "connectors/kafka/produce_outcome.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace keywatch::kafka {
namespace {

using pipeline::DeliveryOutcome;

struct OutcomeCase {
  rd_kafka_resp_err_t code;
  DeliveryOutcome outcome;
  const char* reason;
  bool rests;        // the receiver is left in peace for a minute
  const char* says;  // what an operator must find in it
};

TEST(ProduceOutcome, OfEveryKindOfAnswer) {
  const OutcomeCase cases[] = {
      {RD_KAFKA_RESP_ERR_NO_ERROR, DeliveryOutcome::kAccepted, "", false, ""},
      {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
       DeliveryOutcome::kReject,
       "too_large",
       false,
       "raise max.message.bytes of the topic"},
      {RD_KAFKA_RESP_ERR_INVALID_RECORD,
       DeliveryOutcome::kReject,
       "other",
       false,
       "topic alerts does not take this message"},
      {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
       DeliveryOutcome::kRetry,
       "missing",
       true,
       "topic alerts does not exist: create it"},
      {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
       DeliveryOutcome::kRetry,
       "missing",
       true,
       "topic alerts does not exist: create it"},
      {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
       DeliveryOutcome::kRetry,
       "auth",
       true,
       "grant WRITE and DESCRIBE"},
      {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
       DeliveryOutcome::kRetry,
       "auth",
       true,
       "grant WRITE"},
      {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
       DeliveryOutcome::kRetry,
       "auth",
       true,
       "check sasl.mechanism"},
      {RD_KAFKA_RESP_ERR__TRANSPORT, DeliveryOutcome::kRetry, "network", false, "check brokers"},
      {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
       DeliveryOutcome::kRetry,
       "other",
       false,
       "min.insync.replicas"},
      {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
       DeliveryOutcome::kRetry,
       "timeout",
       false,
       "no answer within timeout"},
      {RD_KAFKA_RESP_ERR_UNKNOWN, DeliveryOutcome::kRetry, "other", false, "Kafka reports: text"},
  };
  for (const OutcomeCase& one : cases) {
    SCOPED_TRACE(rd_kafka_err2name(one.code));
    const pipeline::DeliveryResult result =
        OutcomeOfProduce(one.code, "text", "alerts", LoginKind::kPassword, {});
    EXPECT_EQ(result.outcome, one.outcome);
    EXPECT_EQ(result.reason, one.reason);
    EXPECT_EQ(result.retry_after, std::chrono::minutes(one.rests ? 1 : 0));
    EXPECT_NE(result.detail.find(one.says), std::string::npos) << result.detail;
  }
}

TEST(ProduceOutcome, ATimeoutSaysWhatTheConnectionSaidBefore) {
  const Problem login = {ProblemKind::kLogin, "wrong password", pipeline::SourceError::kLogin};
  pipeline::DeliveryResult result =
      OutcomeOfProduce(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, "", "alerts", LoginKind::kPassword, login);
  EXPECT_EQ(result.outcome, DeliveryOutcome::kRetry);
  EXPECT_EQ(result.reason, "auth");
  EXPECT_EQ(result.detail, "wrong password");
  EXPECT_EQ(result.retry_after, std::chrono::minutes(1));
  const Problem tls = {ProblemKind::kLogin, "unknown CA", pipeline::SourceError::kTls};
  result =
      OutcomeOfProduce(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, "", "alerts", LoginKind::kPassword, tls);
  EXPECT_EQ(result.reason, "tls");
  EXPECT_EQ(result.retry_after.count(), 0);
}

TEST(ProduceOutcome, OnlyWhatIsAboutOneMessageIsRejected) {
  const struct rd_kafka_err_desc* descriptions = nullptr;
  size_t count = 0;
  rd_kafka_get_err_descs(&descriptions, &count);
  ASSERT_GT(count, 100U);
  size_t rejected = 0;
  for (size_t i = 0; i < count; ++i) {
    if (descriptions[i].name == nullptr || descriptions[i].code == RD_KAFKA_RESP_ERR_NO_ERROR)
      continue;
    const pipeline::DeliveryResult result =
        OutcomeOfProduce(descriptions[i].code, "", "alerts", LoginKind::kPassword, {});
    EXPECT_NE(result.outcome, DeliveryOutcome::kAccepted) << descriptions[i].name;
    EXPECT_NE(result.reason, "") << descriptions[i].name;
    rejected += result.outcome == DeliveryOutcome::kReject ? 1U : 0U;
  }
  EXPECT_EQ(rejected, 5U);
}

}  // namespace
}  // namespace keywatch::kafka
