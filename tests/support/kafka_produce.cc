// kafka_produce BROKERS TOPIC [property=value ..] < lines
// kafka_produce BROKERS TOPIC --create=PARTITIONS
//
// Produces one message per line of standard input, and ends when the broker has acknowledged all. A
// line is `partition TAB timestamp TAB value`: partition -1 means any, timestamp 0 means now
// (milliseconds since 1970). Exit 1 when something was not acknowledged, 2 for wrong usage.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "tests/support/kafka_producer.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: kafka_produce BROKERS TOPIC [property=value ..] < lines\n", stderr);
    return 2;
  }
  std::map<std::string, std::string> properties;
  int create = 0;
  for (int i = 3; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with("--create=")) {
      create = std::atoi(argv[i] + std::string("--create=").size());
      continue;
    }
    const size_t equal = argument.find('=');
    if (equal == std::string::npos) {
      std::fprintf(stderr, "expected property=value, found %s\n", argv[i]);
      return 2;
    }
    properties[argument.substr(0, equal)] = argument.substr(equal + 1);
  }
  keywatch::kafka::TestProducer producer(argv[1], properties);
  if (create > 0) {
    if (!producer.CreateTopic(argv[2], create)) {
      std::fprintf(stderr, "topic %s was not created\n", argv[2]);
      return 1;
    }
    return 0;
  }
  std::ios::sync_with_stdio(false);  // or each byte is asked for by itself
  std::string line;
  for (int number = 1; std::getline(std::cin, line); ++number) {
    const size_t first = line.find('\t');
    const size_t second = first == std::string::npos ? first : line.find('\t', first + 1);
    if (second == std::string::npos) {
      std::fprintf(stderr, "line %d: expected partition TAB timestamp TAB value\n", number);
      return 2;
    }
    const auto partition = static_cast<int32_t>(std::strtol(line.c_str(), nullptr, 10));
    const int64_t timestamp = std::strtoll(line.c_str() + first + 1, nullptr, 10);
    if (!producer.Produce(argv[2], partition, line.substr(second + 1), timestamp)) {
      std::fprintf(stderr, "line %d: not accepted for sending\n", number);
      return 1;
    }
    rd_kafka_poll(producer.client(), 0);  // what is acknowledged must not stay in memory
  }
  if (!producer.Flush()) {
    std::fputs("the broker did not acknowledge every message\n", stderr);
    return 1;
  }
  return 0;
}
