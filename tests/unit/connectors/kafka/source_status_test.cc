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
