#include "connectors/kafka/commit_outcome.h"

#include <map>

#include <gtest/gtest.h>

namespace keywatch::kafka {
namespace {

// Every code that librdkafka knows, present or future: only those named here are not tried again.
TEST(CommitOutcome, OfEveryCode) {
  const std::map<rd_kafka_resp_err_t, CommitOutcome> expected = {
      {RD_KAFKA_RESP_ERR_NO_ERROR, CommitOutcome::kCommitted},
      {RD_KAFKA_RESP_ERR__NO_OFFSET, CommitOutcome::kCommitted},
      {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, CommitOutcome::kDrop},
      {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, CommitOutcome::kDrop},
      {RD_KAFKA_RESP_ERR__FENCED, CommitOutcome::kDrop},
      {RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, CommitOutcome::kDrop},
      {RD_KAFKA_RESP_ERR__DESTROY, CommitOutcome::kDrop},
      {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, CommitOutcome::kDrop},
      {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, CommitOutcome::kDrop},
      {RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE, CommitOutcome::kDrop},
      {RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE, CommitOutcome::kDrop},
      {RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, CommitOutcome::kDrop},
  };
  const rd_kafka_err_desc* descriptions = nullptr;
  size_t count = 0;
  rd_kafka_get_err_descs(&descriptions, &count);
  ASSERT_GT(count, 100U);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = descriptions[i].code;
    auto named = expected.find(code);
    EXPECT_EQ(OutcomeOfCommit(code),
              named == expected.end() ? CommitOutcome::kRetry : named->second)
        << rd_kafka_err2name(code);
  }
}

TEST(CommitOutcome, WhatPassesByItselfIsTriedAgain) {
  for (rd_kafka_resp_err_t code : {RD_KAFKA_RESP_ERR__TRANSPORT,
                                   RD_KAFKA_RESP_ERR__TIMED_OUT,
                                   RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                   RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
                                   RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
                                   RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
                                   RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED}) {
    EXPECT_EQ(OutcomeOfCommit(code), CommitOutcome::kRetry) << rd_kafka_err2name(code);
  }
}

}  // namespace
}  // namespace keywatch::kafka
