// Produces messages with a partition and a timestamp of the test's choice, and waits until the
// broker has them. Creates topics, and deletes old records as retention does.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

namespace keywatch::kafka {

class TestProducer {
 public:
  explicit TestProducer(const std::string& brokers,
                        const std::map<std::string, std::string>& properties = {}) {
    std::array<char, 512> text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "linger.ms", "2", nullptr, 0);
    for (const auto& [name, value] : properties) {
      rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
    }
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++*static_cast<int*>(message->_private);
      }
    });
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
  }
  ~TestProducer() { rd_kafka_destroy(client_); }
  TestProducer(const TestProducer&) = delete;
  TestProducer& operator=(const TestProducer&) = delete;

  [[nodiscard]] rd_kafka_t* client() const { return client_; }

  // `partition` -1: any; `timestamp` 0: now. False when the queue does not take it in 10 s.
  bool Produce(const std::string& topic,
               int32_t partition,
               std::string_view value,
               int64_t timestamp) {
    std::array<rd_kafka_vu_t, 6> fields{};
    fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    fields[0].u.cstr = topic.c_str();
    fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[1].u.i32 = partition;
    fields[2].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[2].u.mem.ptr = const_cast<char*>(value.data());  // copied, not changed
    fields[2].u.mem.size = value.size();
    fields[3].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    fields[3].u.i64 = timestamp;
    fields[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[4].u.i = RD_KAFKA_MSG_F_COPY;
    fields[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
    fields[5].u.ptr = &failed_;
    for (int attempt = 0; attempt < 100; ++attempt) {
      rd_kafka_error_t* error = rd_kafka_produceva(client_, fields.data(), fields.size());
      if (error == nullptr) {
        return true;
      }
      const bool full = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__QUEUE_FULL;
      rd_kafka_error_destroy(error);
      if (!full) {
        return false;
      }
      rd_kafka_poll(client_, 100);
    }
    return false;
  }

  // True when the broker has acknowledged everything.
  bool Flush() {
    return rd_kafka_flush(client_, 30'000) == RD_KAFKA_RESP_ERR_NO_ERROR && failed_ == 0;
  }

  // Each waits for the broker's answer, and says whether it was a yes.
  bool CreateTopic(const std::string& topic, int partitions) {
    rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, nullptr, 0);
    const bool ok = Ask([&](rd_kafka_queue_t* queue) {
      rd_kafka_CreateTopics(client_, &wanted, 1, nullptr, queue);
    });
    rd_kafka_NewTopic_destroy(wanted);
    return ok;
  }
  bool DeleteRecordsBefore(const std::string& topic, int32_t partition, int64_t offset) {
    rd_kafka_topic_partition_list_t* offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(offsets, topic.c_str(), partition)->offset = offset;
    rd_kafka_DeleteRecords_t* wanted = rd_kafka_DeleteRecords_new(offsets);
    rd_kafka_topic_partition_list_destroy(offsets);
    const bool ok = Ask([&](rd_kafka_queue_t* queue) {
      rd_kafka_DeleteRecords(client_, &wanted, 1, nullptr, queue);
    });
    rd_kafka_DeleteRecords_destroy(wanted);
    return ok;
  }
  bool DeleteTopic(const std::string& topic) {
    rd_kafka_DeleteTopic_t* wanted = rd_kafka_DeleteTopic_new(topic.c_str());
    const bool ok = Ask([&](rd_kafka_queue_t* queue) {
      rd_kafka_DeleteTopics(client_, &wanted, 1, nullptr, queue);
    });
    rd_kafka_DeleteTopic_destroy(wanted);
    return ok;
  }

 private:
  template <class Request>
  bool Ask(Request request) {
    rd_kafka_queue_t* queue = rd_kafka_queue_new(client_);
    request(queue);
    rd_kafka_event_t* answer = rd_kafka_queue_poll(queue, 30'000);
    bool ok = answer != nullptr && rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (ok && rd_kafka_event_type(answer) == RD_KAFKA_EVENT_CREATETOPICS_RESULT) {
      size_t count = 0;
      const rd_kafka_topic_result_t** topics =
          rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer), &count);
      ok = count == 1 && rd_kafka_topic_result_error(topics[0]) == RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    if (answer != nullptr) {
      rd_kafka_event_destroy(answer);
    }
    rd_kafka_queue_destroy(queue);
    return ok;
  }

  rd_kafka_t* client_ = nullptr;
  int failed_ = 0;
};

}  // namespace keywatch::kafka
