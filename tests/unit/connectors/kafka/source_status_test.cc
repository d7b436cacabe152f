#include "connectors/kafka/source_status.h"

#include <gtest/gtest.h>

namespace keywatch::kafka {
namespace {

TEST(SourceStatus, ShowsTheCauseBeforeItsConsequences) {
  SourceStatus status("s");
  EXPECT_EQ(status.Health().problem, "connecting to the brokers");
  status.Report({ProblemKind::kConnection, "no broker"}, "");
  EXPECT_EQ(status.Health().problem, "no broker");
  status.Report({ProblemKind::kLogin, "wrong password"}, "");
  status.Report({ProblemKind::kConnection, "no broker at all"}, "");
  EXPECT_EQ(status.Health().problem, "wrong password");
  EXPECT_FALSE(status.Health().connected);

  status.SetConnected(true);
  EXPECT_TRUE(status.Health().connected);
  EXPECT_EQ(status.Health().problem, "waiting for the consumer group to assign partitions");
  status.Report({ProblemKind::kGroup, "group denied"}, "");
  EXPECT_EQ(status.Health().problem, "group denied");
  status.SetAssigned(true);
  EXPECT_TRUE(status.Health().assigned);
  EXPECT_EQ(status.Health().problem, "");
}

TEST(SourceStatus, AMissingTokenIsTheCauseOfARefusedLogin) {
  SourceStatus status("s");
  status.Report({ProblemKind::kLogin, "refused", pipeline::SourceError::kLogin}, "");
  status.SetTokenProblem("the secret has expired");
  status.SetTokenProblem("the secret has expired");
  EXPECT_TRUE(status.IsRefused());
  EXPECT_EQ(status.Health().problem, "the secret has expired");
  const pipeline::SourceErrorCounts errors = status.Health().errors;
  EXPECT_EQ(errors[static_cast<size_t>(pipeline::SourceError::kToken)], 1U);
  EXPECT_EQ(errors[static_cast<size_t>(pipeline::SourceError::kLogin)], 1U);
  // While connections stand, nothing is wrong yet.
  status.SetConnected(true);
  status.SetAssigned(true);
  EXPECT_FALSE(status.IsRefused());
  EXPECT_EQ(status.Health().problem, "");
  status.SetConnected(false);
  EXPECT_EQ(status.Health().problem, "the secret has expired");
  status.SetTokenProblem("");
  EXPECT_EQ(status.Health().problem, "connecting to the brokers");
}

TEST(SourceStatus, ADeniedGroupMeansNotAssignedUntilItWorks) {
  SourceStatus status("s");
  status.SetConnected(true);
  status.SetAssigned(true);
  status.Report({ProblemKind::kGroup, "odd", pipeline::SourceError::kOther}, "");
  EXPECT_TRUE(status.Health().assigned);
  status.Report({ProblemKind::kGroup, "denied", pipeline::SourceError::kAccess}, "");
  EXPECT_FALSE(status.Health().assigned);
  EXPECT_EQ(status.Health().problem, "denied");
  status.GroupWorks();
  EXPECT_TRUE(status.Health().assigned);
}

TEST(SourceStatus, KnowsWhichTopicIsDenied) {
  SourceStatus status("s");
  EXPECT_FALSE(status.IsDenied("a"));
  status.Report({ProblemKind::kTopic, "no such topic", pipeline::SourceError::kMissing}, "a");
  EXPECT_FALSE(status.IsDenied("a"));
  status.Report({ProblemKind::kTopic, "denied", pipeline::SourceError::kAccess}, "a");
  EXPECT_TRUE(status.IsDenied("a"));
  EXPECT_FALSE(status.IsDenied("b"));
  status.TopicWorks("a");
  EXPECT_FALSE(status.IsDenied("a"));
}

TEST(SourceStatus, OneMissingTopicMeansNotAssigned) {
  SourceStatus status("s");
  status.SetConnected(true);
  status.SetAssigned(true);
  status.Report({ProblemKind::kTopic, "topic a does not exist"}, "a");
  EXPECT_FALSE(status.Health().assigned);
  status.TopicWorks("b");
  EXPECT_EQ(status.Health().problem, "topic a does not exist");
  status.TopicWorks("a");
  EXPECT_TRUE(status.Health().assigned);
}

TEST(SourceStatus, AGapStaysVisible) {
  SourceStatus status("s");
  status.SetConnected(true);
  status.SetAssigned(true);
  status.ReportGap("records were deleted", 12);
  EXPECT_EQ(status.Health().problem, "records were deleted");
  EXPECT_TRUE(status.Health().assigned);
  EXPECT_EQ(status.Stats().gaps, 1U);
  EXPECT_EQ(status.Health().gaps, 1U);
  EXPECT_EQ(status.Health().gap_records, 12U);
  EXPECT_EQ(status.Stats().gap_records, 12U);
}

TEST(SourceStatus, LagIsTheSumAndUnknownWithoutPartitions) {
  SourceStatus status("s");
  EXPECT_EQ(status.Health().lag_records, -1);
  status.SetLag({{"t/0", 3}, {"t/1", 4}});
  EXPECT_EQ(status.Health().lag_records, 7);
}

}  // namespace
}  // namespace keywatch::kafka
