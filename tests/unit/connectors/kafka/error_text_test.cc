#include "connectors/kafka/error_text.h"

#include <gtest/gtest.h>

namespace keywatch::kafka {
namespace {

struct TextCase {
  rd_kafka_resp_err_t code;
  const char* detail;
  ProblemKind kind;
  const char* says;  // what an operator must find in it
};

TEST(ErrorText, SaysWhatToDo) {
  const TextCase cases[] = {
      {RD_KAFKA_RESP_ERR__AUTHENTICATION,
       "SASL authentication error: Authentication failed: Invalid username or password",
       ProblemKind::kLogin,
       "check sasl.mechanism, sasl.username and sasl.password"},
      {RD_KAFKA_RESP_ERR__SSL,
       "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker "
       "certificate could not be verified",
       ProblemKind::kLogin,
       "set property ssl.ca.location"},
      {RD_KAFKA_RESP_ERR__SSL, "wrong version number", ProblemKind::kLogin, "speaks TLS"},
      {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
       "Subscribed topic not available: t",
       ProblemKind::kTopic,
       "topic t does not exist: create it"},
      {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
       "",
       ProblemKind::kTopic,
       "access to topic t is denied: grant READ"},
      {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
       "",
       ProblemKind::kGroup,
       "access to consumer group t is denied"},
      {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
       "1/1 brokers are down",
       ProblemKind::kConnection,
       "no broker answers"},
      {RD_KAFKA_RESP_ERR__RESOLVE, "", ProblemKind::kConnection, "check brokers and DNS"},
      {RD_KAFKA_RESP_ERR__TRANSPORT,
       "Connection refused",
       ProblemKind::kConnection,
       "no connection to the broker"},
      {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL,
       "",
       ProblemKind::kGroup,
       "a group_id of its own"},
      {RD_KAFKA_RESP_ERR__INVALID_ARG,
       "odd thing",
       ProblemKind::kGroup,
       "Kafka reports: odd thing"},
  };
  for (const TextCase& c : cases) {
    const Problem problem = Explain(c.code, c.detail, "t");
    EXPECT_EQ(problem.kind, c.kind) << problem.text;
    EXPECT_NE(problem.text.find(c.says), std::string::npos) << problem.text;
  }
}

TEST(ErrorText, CountsByReason) {
  using pipeline::SourceError;
  const std::pair<rd_kafka_resp_err_t, SourceError> cases[] = {
      {RD_KAFKA_RESP_ERR__AUTHENTICATION, SourceError::kLogin},
      {RD_KAFKA_RESP_ERR__SSL, SourceError::kTls},
      {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, SourceError::kMissing},
      {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, SourceError::kAccess},
      {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, SourceError::kAccess},
      {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, SourceError::kNetwork},
      {RD_KAFKA_RESP_ERR__INVALID_ARG, SourceError::kOther},
  };
  for (const auto& [code, reason] : cases)
    EXPECT_EQ(Explain(code, "x", "t").reason, reason) << rd_kafka_err2name(code);
}

TEST(ErrorText, ARefusedTokenIsNoWrongPassword) {
  const Problem refused = Explain(RD_KAFKA_RESP_ERR__AUTHENTICATION,
                                  "SASL authentication error: {\"status\":\"invalid_token\"}",
                                  "",
                                  LoginKind::kToken);
  EXPECT_EQ(refused.kind, ProblemKind::kLogin);
  EXPECT_NE(refused.text.find("Azure Event Hubs Data Receiver"), std::string::npos);
  EXPECT_EQ(refused.text.find("sasl.password"), std::string::npos);
  // Why there is no token is told by whoever gets them.
  EXPECT_EQ(Explain(RD_KAFKA_RESP_ERR__AUTHENTICATION,
                    "OAUTHBEARER cannot log in because there is no token available",
                    "",
                    LoginKind::kToken)
                .kind,
            ProblemKind::kNone);
}

TEST(ErrorText, WhatIsNoProblemHasNoText) {
  for (rd_kafka_resp_err_t code : {RD_KAFKA_RESP_ERR_NO_ERROR,
                                   RD_KAFKA_RESP_ERR__PARTITION_EOF,
                                   RD_KAFKA_RESP_ERR__TIMED_OUT}) {
    EXPECT_EQ(Explain(code, "x", "t").kind, ProblemKind::kNone);
    EXPECT_EQ(Explain(code, "x", "t").text, "");
  }
}

}  // namespace
}  // namespace keywatch::kafka
