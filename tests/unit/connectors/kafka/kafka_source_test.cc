#include "connectors/kafka/kafka_source.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/record/time.h"
#include "tests/unit/connectors/kafka/mock_kafka.h"

namespace keywatch::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int64_t kOld = 1'700'000'000'000;
constexpr int16_t kFetch = 1;  // protocol keys of the requests that faults are injected into
constexpr int16_t kOffsetCommit = 8;

KafkaSourceConfig ConfigFor(const MockKafka& kafka) {
  KafkaSourceConfig config;
  config.client.brokers = kafka.bootstraps();
  config.topics = {"audit"};
  config.group_id = "keywatch";
  config.client.properties = {{"session.timeout.ms", Secret("6000")},
                              {"heartbeat.interval.ms", Secret("300")},
                              {"reconnect.backoff.max.ms", Secret("200")},
                              {"fetch.error.backoff.ms", Secret("50")}};
  return config;
}

// What one or several sources yielded, by origin, in order.
struct Read {
  std::vector<std::string> values;
  std::map<std::string, std::vector<int64_t>> offsets;
  pipeline::Positions next;

  void Take(const pipeline::RawBatch& batch) {
    for (const pipeline::RawMessage& message : batch.messages) {
      values.emplace_back(message.bytes);
      offsets[*message.origin].push_back(message.offset);
    }
    for (const auto& [origin, position] : batch.next) {
      next[origin] = position;
    }
  }
};

template <class Done>
bool PollUntil(KafkaSource* source, Read* read, Done done, seconds limit = seconds(30)) {
  const Clock::time_point end = Clock::now() + limit;
  while (!done()) {
    if (Clock::now() > end) {
      return false;
    }
    Result<pipeline::RawBatch> batch = source->Poll(milliseconds(50));
    EXPECT_TRUE(batch) << batch.error().message();
    if (!batch) {
      return false;
    }
    read->Take(*batch);
  }
  return true;
}

bool ReadCount(KafkaSource* source, Read* read, size_t count) {
  return PollUntil(source, read, [&] { return read->values.size() >= count; });
}

std::string Value(int i) { return "record " + std::to_string(i); }

TEST(KafkaSource, MergesPartitionsByBrokerTime) {
  MockKafka kafka;
  kafka.CreateTopic("audit", 4);
  // Partition 3 is far ahead of the others in time; each holds every fourth of the rest.
  std::vector<std::string> expected;
  for (int i = 0; i < 3'000; ++i) {
    kafka.Produce("audit", i % 3, Value(i), kOld + i * 1'000);
    expected.push_back(Value(i));
  }
  for (int i = 3'000; i < 4'000; ++i) {
    kafka.Produce("audit", 3, Value(i), kOld + i * 1'000);
    expected.push_back(Value(i));
  }
  kafka.Flush();
  KafkaSource source(ConfigFor(kafka));
  ASSERT_TRUE(source.Open({}).ok());
  EXPECT_FALSE(source.Health().connected);
  Read read;
  ASSERT_TRUE(ReadCount(&source, &read, 4'000));
  EXPECT_EQ(read.values, expected);
  EXPECT_TRUE(source.Health().connected);
  EXPECT_TRUE(source.Health().assigned);
  EXPECT_EQ(source.Health().problem, "");
  EXPECT_EQ(read.next,
            (pipeline::Positions{
                {"audit/0", 1000}, {"audit/1", 1000}, {"audit/2", 1000}, {"audit/3", 1000}}));
  EXPECT_EQ(source.Stats().overtaken, 0U);
  EXPECT_EQ(source.Stats().messages, 4'000U);
}

TEST(KafkaSource, GivesOriginOffsetAndTimeAndKeepsBytesAfterClose) {
  MockKafka kafka;
  kafka.CreateTopic("audit", 1);
  kafka.Produce("audit", 0, "first", kOld);
  kafka.Produce("audit", 0, "", kOld + 5);
  kafka.Flush();
  KafkaSource source(ConfigFor(kafka));
  ASSERT_TRUE(source.Open({}).ok());
  std::vector<pipeline::RawBatch> batches;
  size_t count = 0;
  const Clock::time_point end = Clock::now() + seconds(30);
  while (count < 2 && Clock::now() < end) {
    Result<pipeline::RawBatch> batch = source.Poll(milliseconds(50));
    ASSERT_TRUE(batch);
    count += batch->messages.size();
    if (!batch->messages.empty()) {
      batches.push_back(std::move(*batch));
    }
  }
  ASSERT_EQ(count, 2U);
  source.Close();
  const pipeline::RawMessage& first = batches.front().messages.front();
  EXPECT_EQ(*first.origin, "audit/0");
  EXPECT_EQ(first.offset, 0);
  EXPECT_EQ(first.bytes, "first");
  EXPECT_EQ(first.broker_time, record::FromUnixMilliseconds(kOld));
  EXPECT_EQ(batches.back().messages.back().bytes, "");
  EXPECT_GT(batches.front().read_time, first.broker_time);
}

TEST(KafkaSource, BeginsAtRestoredPositionsElseAtCommittedOnes) {
  MockKafka kafka;
  kafka.CreateTopic("audit", 2);
  for (int i = 0; i < 20; ++i) {
    kafka.Produce("audit", i % 2, Value(i), kOld + i);
  }
  kafka.Flush();
  {
    KafkaSource source(ConfigFor(kafka));
    ASSERT_TRUE(source.Open({}).ok());
    Read read;
    ASSERT_TRUE(ReadCount(&source, &read, 20));
    source.Commit({{"audit/0", 8}, {"audit/1", 6}, {"other/0", 5}});
    source.Close();
    EXPECT_GE(source.Stats().commits, 1U);
  }
  {
    KafkaSource source(ConfigFor(kafka));
    ASSERT_TRUE(source.Open({{"audit/0", 3}}).ok());
    Read read;
    ASSERT_TRUE(ReadCount(&source, &read, 7 + 4));
    EXPECT_EQ(read.offsets["audit/0"], (std::vector<int64_t>{3, 4, 5, 6, 7, 8, 9}));
    EXPECT_EQ(read.offsets["audit/1"], (std::vector<int64_t>{6, 7, 8, 9}));
  }
}

TEST(KafkaSource, WhatWasNotCommittedIsReadAgain) {
  MockKafka kafka;
  kafka.CreateTopic("audit", 1);
  for (int i = 0; i < 5; ++i) {
    kafka.Produce("audit", 0, Value(i), kOld + i);
  }
  kafka.Flush();
  for (int run = 0; run < 2; ++run) {
    KafkaSource source(ConfigFor(kafka));
    ASSERT_TRUE(source.Open({}).ok());
    Read read;
    ASSERT_TRUE(ReadCount(&source, &read, 5)) << run;
    EXPECT_EQ(read.offsets["audit/0"].front(), 0);
  }
}

TEST(KafkaSource, ACommitThatFailsIsMadeAgain) {
  MockKafka kafka;
  kafka.CreateTopic("audit", 1);
  for (int i = 0; i < 5; ++i) {
    kafka.Produce("audit", 0, Value(i), kOld + i);
  }
  kafka.Flush();
  KafkaSource source(ConfigFor(kafka));
  ASSERT_TRUE(source.Open({}).ok());
  Read read;
  ASSERT_TRUE(ReadCount(&source, &read, 5));
  rd_kafka_mock_push_request_errors(kafka.cluster(),
                                    kOffsetCommit,
                                    2,
                                    RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
                                    RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS);
  source.Commit(read.next);
  EXPECT_TRUE(PollUntil(
      &source, &read, [&] { return source.Stats().commits == 1; }, seconds(10)));
  EXPECT_EQ(source.Stats().commits_failed, 2U);
}

TEST(KafkaSource, LosesAndDoublesNothingWhenBrokersGoAndFetchesFail) {
  MockKafka kafka(2);
  kafka.CreateTopic("audit", 4);
  KafkaSource source(ConfigFor(kafka));
  ASSERT_TRUE(source.Open({}).ok());
  for (int i = 0; i < 400; ++i) {
    kafka.Produce("audit", i % 4, Value(i), kOld + i);
  }
  kafka.Flush();
  Read read;
  ASSERT_TRUE(ReadCount(&source, &read, 400));
  rd_kafka_mock_push_request_errors(kafka.cluster(),
                                    kFetch,
                                    3,
                                    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                    RD_KAFKA_RESP_ERR__TRANSPORT,
                                    RD_KAFKA_RESP_ERR_UNKNOWN);
  for (int i = 400; i < 500; ++i) {
    kafka.Produce("audit", i % 4, Value(i), kOld + i);
  }
  kafka.Flush();
  ASSERT_TRUE(ReadCount(&source, &read, 500));

  rd_kafka_mock_broker_set_down(kafka.cluster(), 1);
  rd_kafka_mock_broker_set_down(kafka.cluster(), 2);
  EXPECT_TRUE(PollUntil(&source, &read, [&] { return !source.Health().connected; }));
  EXPECT_NE(source.Health().problem, "");
  rd_kafka_mock_broker_set_up(kafka.cluster(), 1);
  rd_kafka_mock_broker_set_up(kafka.cluster(), 2);
  EXPECT_TRUE(PollUntil(&source, &read, [&] { return source.Health().connected; }));
  for (int i = 500; i < 600; ++i) {
    kafka.Produce("audit", i % 4, Value(i), kOld + i);
  }
  kafka.Flush();
  ASSERT_TRUE(ReadCount(&source, &read, 600));
  EXPECT_TRUE(PollUntil(&source, &read, [&] { return source.Health().lag_records == 0; }));
  EXPECT_EQ(read.values.size(), 600U);
  EXPECT_EQ(std::set<std::string>(read.values.begin(), read.values.end()).size(), 600U);
}

// A second member joins and leaves. What was read is committed before that, so nothing is read
// twice. (The mock's group forgets a generation earlier than a real broker does: commits in the
// middle of a rebalance are tested against the real one.)
TEST(KafkaSource, ARebalanceLosesAndDoublesNothing) {
  MockKafka kafka;
  kafka.CreateTopic("audit", 6);
  KafkaSource first(ConfigFor(kafka));
  ASSERT_TRUE(first.Open({}).ok());
  int produced = 0;
  auto produce = [&](int count) {
    for (int end = produced + count; produced < end; ++produced) {
      kafka.Produce("audit", produced % 6, Value(produced), kOld + produced);
    }
    kafka.Flush();
  };
  Read all;
  const Clock::time_point end = Clock::now() + seconds(60);
  auto step = [&](KafkaSource* source) {
    Result<pipeline::RawBatch> batch = source->Poll(milliseconds(10));
    ASSERT_TRUE(batch) << batch.error().message();
    all.Take(*batch);
  };
  auto commit = [&](KafkaSource* source) {
    const uint64_t before = source->Stats().commits;
    source->Commit(all.next);
    while (source->Stats().commits == before && Clock::now() < end) {
      step(source);
    }
  };
  produce(300);
  while (all.values.size() < 300 && Clock::now() < end) {
    step(&first);
  }
  commit(&first);
  {
    KafkaSource second(ConfigFor(kafka));
    ASSERT_TRUE(second.Open({}).ok());
    while (second.Stats().assignments < 3 && Clock::now() < end) {
      step(&first);
      step(&second);
    }
    EXPECT_EQ(second.Stats().assignments, 3U);
    EXPECT_EQ(first.Stats().revocations, 3U);
    produce(300);
    while (all.values.size() < 600 && Clock::now() < end) {
      step(&first);
      step(&second);
    }
    commit(&first);
    second.Commit(all.next);
    second.Close();
  }
  produce(300);
  while (all.values.size() < 900 && Clock::now() < end) {
    step(&first);
  }
  for (int i = 0; i < 20; ++i) {
    step(&first);
  }
  EXPECT_EQ(all.values.size(), 900U);
  EXPECT_EQ(std::set<std::string>(all.values.begin(), all.values.end()).size(), 900U);
  for (const auto& [origin, offsets] : all.offsets) {
    EXPECT_TRUE(std::is_sorted(offsets.begin(), offsets.end())) << origin;
  }
}

TEST(KafkaSource, SaysWhichTopicItMayNotRead) {
  MockKafka kafka;
  kafka.CreateTopic("audit", 1);
  rd_kafka_mock_topic_set_error(
      kafka.cluster(), "audit", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  KafkaSource source(ConfigFor(kafka));
  ASSERT_TRUE(source.Open({}).ok());
  Read read;
  EXPECT_TRUE(PollUntil(&source, &read, [&] {
    return source.Health().problem.find("access to topic audit is denied") != std::string::npos;
  })) << source.Health().problem;
  EXPECT_FALSE(source.Health().assigned);
}

// librdkafka's own rd_kafka_consumer_close() waits for ever when the coordinator goes away while it
// closes.
TEST(KafkaSource, ClosesWhenItsBrokersHaveJustGone) {
  for (int pause : {0, 50}) {
    MockKafka kafka;
    kafka.CreateTopic("audit", 2);
    for (int i = 0; i < 10; ++i)
      kafka.Produce("audit", i % 2, Value(i), kOld);
    kafka.Flush();
    KafkaSource source(ConfigFor(kafka));
    ASSERT_TRUE(source.Open({}).ok());
    Read read;
    ASSERT_TRUE(ReadCount(&source, &read, 10));
    rd_kafka_mock_broker_set_down(kafka.cluster(), 1);
    rd_kafka_mock_broker_set_down(kafka.cluster(), 2);
    source.Commit(read.next);
    std::this_thread::sleep_for(milliseconds(pause));
    const Clock::time_point before = Clock::now();
    source.Close();
    EXPECT_LT(Clock::now() - before, seconds(8)) << pause << " ms after";
    EXPECT_FALSE(source.Health().connected);
  }
}

TEST(KafkaSource, SaysThatNoBrokerAnswersAndClosesAtOnce) {
  KafkaSourceConfig config;
  config.client.brokers = "127.0.0.1:1";
  config.topics = {"audit"};
  config.group_id = "keywatch";
  KafkaSource source(config);
  ASSERT_TRUE(source.Open({{"audit/0", 3}}).ok());
  Read read;
  EXPECT_TRUE(PollUntil(&source, &read, [&] {
    return source.Health().problem.find("no connection to the broker") != std::string::npos;
  })) << source.Health().problem;
  EXPECT_FALSE(source.Health().connected);
  const Clock::time_point before = Clock::now();
  source.Close();
  EXPECT_LT(Clock::now() - before, seconds(8));
}

}  // namespace
}  // namespace keywatch::kafka
