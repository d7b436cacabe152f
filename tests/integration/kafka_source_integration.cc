// KafkaSource against the broker that test_kafka_source.py has started.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include "connectors/kafka/kafka_source.h"
#include "tests/support/kafka_producer.h"

namespace keywatch::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int64_t kOld = 1'700'000'000'000;

std::string Brokers() {
  const char* brokers = std::getenv("KEYWATCH_TEST_BROKERS");
  return brokers == nullptr ? "" : brokers;
}

// Runs broker.py; "kill" or "start".
void BrokerCommand(const std::string& verb) {
  std::string command = std::getenv("KEYWATCH_TEST_BROKER_COMMAND");
  command.replace(command.find("%s"), 2, verb);
  ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(cert-env33-c): a test's own
}

std::string NewTopic(TestProducer* producer, int partitions) {
  static int number = 0;
  const std::string topic = "audit-" + std::to_string(++number);
  EXPECT_TRUE(producer->CreateTopic(topic, partitions));
  return topic;
}

KafkaSourceConfig ConfigFor(const std::string& topic) {
  KafkaSourceConfig config;
  config.client.brokers = Brokers();
  config.topics = {topic};
  config.group_id = "group-" + topic;
  config.client.properties = {{"session.timeout.ms", Secret("6000")},
                              {"heartbeat.interval.ms", Secret("300")},
                              {"topic.metadata.refresh.interval.ms", Secret("1000")},
                              {"reconnect.backoff.max.ms", Secret("500")}};
  return config;
}

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
bool PollUntil(KafkaSource* source, Read* read, Done done, seconds limit = seconds(60)) {
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

bool AllDifferent(const std::vector<std::string>& values) {
  return std::set<std::string>(values.begin(), values.end()).size() == values.size();
}

TEST(KafkaSourceIntegration, MergesABacklogByBrokerTime) {
  TestProducer producer(Brokers());
  const std::string topic = NewTopic(&producer, 8);
  constexpr int kCount = 40'000;
  const std::string padding(300, 'x');
  // Stretches of a partition alone, as producers' batches make them.
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(producer.Produce(topic, (i / 100) % 8, Value(i) + padding, kOld + i * 10));
  }
  ASSERT_TRUE(producer.Flush());
  KafkaSource source(ConfigFor(topic));
  ASSERT_TRUE(source.Open({}).ok());
  Read read;
  ASSERT_TRUE(ReadCount(&source, &read, kCount));
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(read.values[static_cast<size_t>(i)], Value(i) + padding);
  }
  EXPECT_EQ(source.Stats().overtaken, 0U);
  EXPECT_TRUE(PollUntil(&source, &read, [&] { return source.Health().lag_records == 0; }));
}

TEST(KafkaSourceIntegration, ALiveMessageIsNotHeldBackByQuietPartitions) {
  TestProducer producer(Brokers());
  const std::string topic = NewTopic(&producer, 8);
  KafkaSource source(ConfigFor(topic));
  ASSERT_TRUE(source.Open({}).ok());
  Read read;
  ASSERT_TRUE(PollUntil(&source, &read, [&] { return source.Health().assigned; }));
  ASSERT_TRUE(producer.Produce(topic, 0, "warm up", 0));
  ASSERT_TRUE(ReadCount(&source, &read, 1));
  std::vector<milliseconds> delays;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(producer.Produce(topic, i % 8, Value(i), 0));
    ASSERT_TRUE(producer.Flush());
    const Clock::time_point sent = Clock::now();
    ASSERT_TRUE(ReadCount(&source, &read, static_cast<size_t>(i) + 2));
    delays.push_back(std::chrono::duration_cast<milliseconds>(Clock::now() - sent));
  }
  std::sort(delays.begin(), delays.end());
  EXPECT_LT(delays[10], milliseconds(100));  // the median; a wait for a partition is 500 ms
  RecordProperty("median_ms", std::to_string(delays[10].count()));
}

TEST(KafkaSourceIntegration, SkipsTransactionMarkersAndDoesNotWaitForThem) {
  TestProducer admin(Brokers());
  const std::string topic = NewTopic(&admin, 2);
  TestProducer producer(Brokers(), {{"transactional.id", "t-" + topic}});
  rd_kafka_error_t* error = rd_kafka_init_transactions(producer.client(), 30'000);
  ASSERT_EQ(error, nullptr) << rd_kafka_error_string(error);
  for (int round = 0; round < 10; ++round) {
    ASSERT_EQ(rd_kafka_begin_transaction(producer.client()), nullptr);
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(producer.Produce(topic, i % 2, Value(round * 10 + i), kOld + round * 10 + i));
    }
    ASSERT_EQ(rd_kafka_commit_transaction(producer.client(), 30'000), nullptr);
  }
  KafkaSource source(ConfigFor(topic));
  ASSERT_TRUE(source.Open({}).ok());
  Read read;
  ASSERT_TRUE(ReadCount(&source, &read, 100));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(read.values[static_cast<size_t>(i)], Value(i));
  }
  EXPECT_EQ(source.Stats().overtaken, 0U);
}

TEST(KafkaSourceIntegration, TellsTheGapWhenRetentionWasFaster) {
  TestProducer producer(Brokers());
  const std::string topic = NewTopic(&producer, 2);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(producer.Produce(topic, i % 2, Value(i), kOld + i));
  }
  ASSERT_TRUE(producer.Flush());
  ASSERT_TRUE(producer.DeleteRecordsBefore(topic, 0, 12));
  KafkaSource source(ConfigFor(topic));
  ASSERT_TRUE(source.Open({{topic + "/0", 5}, {topic + "/1", 15}}).ok());
  Read read;
  ASSERT_TRUE(ReadCount(&source, &read, 8 + 5));
  EXPECT_EQ(read.offsets[topic + "/0"].front(), 12);
  EXPECT_EQ(read.offsets[topic + "/1"].front(), 15);
  EXPECT_EQ(source.Stats().gaps, 1U);
  EXPECT_EQ(source.Stats().gap_records, 7U);
  EXPECT_TRUE(PollUntil(&source, &read, [&] {
    return source.Health().problem.find("7 records of " + topic + "/0 (offsets 5 to 11)") !=
           std::string::npos;
  })) << source.Health().problem;
  EXPECT_TRUE(source.Health().assigned);
}

TEST(KafkaSourceIntegration, ReadsFromTheStartWhenTheTopicIsShorterThanThePosition) {
  TestProducer producer(Brokers());
  const std::string topic = NewTopic(&producer, 1);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(producer.Produce(topic, 0, Value(i), kOld + i));
  }
  ASSERT_TRUE(producer.Flush());
  KafkaSource source(ConfigFor(topic));
  ASSERT_TRUE(source.Open({{topic + "/0", 1'000}}).ok());
  Read read;
  ASSERT_TRUE(ReadCount(&source, &read, 10));
  EXPECT_EQ(read.offsets[topic + "/0"].front(), 0);
  EXPECT_EQ(source.Stats().gaps, 1U);
}

TEST(KafkaSourceIntegration, LatestSkipsWhatWasThereAndNothingAfterwards) {
  TestProducer producer(Brokers());
  const std::string topic = NewTopic(&producer, 2);
  ASSERT_TRUE(producer.Produce(topic, 0, "before", kOld));
  ASSERT_TRUE(producer.Flush());
  KafkaSourceConfig config = ConfigFor(topic);
  config.auto_offset_reset = "latest";
  {
    KafkaSource source(config);
    ASSERT_TRUE(source.Open({}).ok());
    Read read;
    ASSERT_TRUE(PollUntil(&source, &read, [&] { return source.Stats().commits > 0; }));
    EXPECT_TRUE(read.values.empty());
  }
  ASSERT_TRUE(producer.Produce(topic, 0, "while it was away", kOld + 1));
  ASSERT_TRUE(producer.Flush());
  KafkaSource source(config);
  ASSERT_TRUE(source.Open({}).ok());
  Read read;
  ASSERT_TRUE(ReadCount(&source, &read, 1));
  EXPECT_EQ(read.values, std::vector<std::string>{"while it was away"});
}

TEST(KafkaSourceIntegration, SaysThatTheTopicDoesNotExistAndReadsItWhenItDoes) {
  TestProducer producer(Brokers());
  KafkaSource source(ConfigFor("not-yet"));
  ASSERT_TRUE(source.Open({}).ok());
  Read read;
  ASSERT_TRUE(PollUntil(&source, &read, [&] {
    return source.Health().problem.find("topic not-yet does not exist: create it") !=
           std::string::npos;
  })) << source.Health().problem;
  EXPECT_FALSE(source.Health().assigned);
  ASSERT_TRUE(producer.CreateTopic("not-yet", 1));
  ASSERT_TRUE(producer.Produce("not-yet", 0, "now", 0));
  ASSERT_TRUE(ReadCount(&source, &read, 1));
  EXPECT_TRUE(source.Health().assigned);
  EXPECT_EQ(source.Health().problem, "");
}

// Two members read and commit, each in a thread of its own, while a third comes and goes and
// records keep coming. Nothing is lost. What is read twice was not committed when its partition
// moved.
TEST(KafkaSourceIntegration, RebalancesLoseNothing) {
  TestProducer producer(Brokers());
  const std::string topic = NewTopic(&producer, 6);
  std::mutex mutex;
  std::map<std::string, int> seen;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> revocations{0};
  auto consume = [&](milliseconds lifetime) {
    KafkaSource source(ConfigFor(topic));
    ASSERT_TRUE(source.Open({}).ok());
    const Clock::time_point end = Clock::now() + lifetime;
    while (!stop && Clock::now() < end) {
      Result<pipeline::RawBatch> batch = source.Poll(milliseconds(20));
      ASSERT_TRUE(batch) << batch.error().message();
      {
        std::lock_guard lock(mutex);
        for (const pipeline::RawMessage& message : batch->messages) {
          ++seen[std::string(message.bytes)];
        }
      }
      source.Commit(batch->next);
    }
    source.Close();
    revocations += source.Stats().revocations;
  };
  std::thread first(consume, seconds(120));
  std::thread second(consume, seconds(120));
  std::thread visitor([&] {
    for (int i = 0; i < 3; ++i) {
      std::this_thread::sleep_for(milliseconds(700));
      consume(milliseconds(1'500));
    }
  });
  int produced = 0;
  const Clock::time_point produce_until = Clock::now() + seconds(7);
  while (Clock::now() < produce_until) {
    for (int i = 0; i < 20; ++i, ++produced) {
      ASSERT_TRUE(producer.Produce(topic, produced % 6, Value(produced), 0));
    }
    ASSERT_TRUE(producer.Flush());
    std::this_thread::sleep_for(milliseconds(10));
  }
  visitor.join();
  const Clock::time_point end = Clock::now() + seconds(30);
  auto seen_count = [&] {
    std::lock_guard lock(mutex);
    return seen.size();
  };
  while (seen_count() < static_cast<size_t>(produced) && Clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(50));
  }
  stop = true;
  first.join();
  second.join();
  EXPECT_EQ(seen.size(), static_cast<size_t>(produced));
  EXPECT_GE(revocations, 6U);
  const auto doubled =
      std::count_if(seen.begin(), seen.end(), [](const auto& entry) { return entry.second > 1; });
  // Revocation commits first; only a commit that the rebalance itself refuses leaves doubles.
  RecordProperty("doubled", std::to_string(doubled));
  EXPECT_LT(doubled, produced / 5);
}

TEST(KafkaSourceIntegration, ClosesAtAnyMomentOfJoining) {
  TestProducer producer(Brokers());
  const std::string topic = NewTopic(&producer, 3);
  for (int ms = 0; ms < 120; ms += 3) {
    KafkaSource source(ConfigFor(topic));
    ASSERT_TRUE(source.Open({}).ok());
    const Clock::time_point end = Clock::now() + milliseconds(ms);
    while (Clock::now() < end) {
      ASSERT_TRUE(source.Poll(milliseconds(1)));
    }
  }
}

// Last, because it takes the broker away.
TEST(KafkaSourceIntegration, SurvivesABrokerThatIsKilled) {
  TestProducer producer(Brokers());
  const std::string topic = NewTopic(&producer, 4);
  KafkaSource source(ConfigFor(topic));
  ASSERT_TRUE(source.Open({}).ok());
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(producer.Produce(topic, i % 4, Value(i), 0));
  }
  ASSERT_TRUE(producer.Flush());
  Read read;
  ASSERT_TRUE(ReadCount(&source, &read, 1'000));
  source.Commit(read.next);
  BrokerCommand("kill");
  EXPECT_TRUE(PollUntil(&source, &read, [&] { return !source.Health().connected; }));
  EXPECT_NE(source.Health().problem, "");
  BrokerCommand("start");
  for (int i = 1'000; i < 2'000; ++i) {
    ASSERT_TRUE(producer.Produce(topic, i % 4, Value(i), 0));
  }
  ASSERT_TRUE(producer.Flush());
  ASSERT_TRUE(ReadCount(&source, &read, 2'000));
  EXPECT_EQ(read.values.size(), 2'000U);
  EXPECT_TRUE(AllDifferent(read.values));
  // Errors of the outage may still be queued; then the next look at the connections ends them.
  EXPECT_TRUE(PollUntil(
      &source,
      &read,
      [&] { return source.Health().connected && source.Health().problem.empty(); },
      seconds(10)))
      << source.Health().problem;
  EXPECT_EQ(source.Stats().gaps, 0U);
}

}  // namespace
}  // namespace keywatch::kafka
