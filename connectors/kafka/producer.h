// The inside of KafkaSink: librdkafka's producer, one message at a time, and what it reports.
//
// The client is made by the first Send(), and anew when it has failed for good, or when nobody lets
// it in and a file of its settings has changed. A thread of its own serves librdkafka's callbacks,
// so that what they report does not pile up while no alert is raised.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <librdkafka/rdkafka.h>

#include "connectors/format/message.h"
#include "connectors/kafka/credential_feed.h"
#include "connectors/kafka/error_text.h"
#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_sink.h"
#include "engine/base/status.h"

namespace keywatch::kafka {

class KafkaSink::Producer {
 public:
  struct Report {
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::string detail;
    Problem problem;  // what the client last said of its connection
    int32_t partition = -1;
    int64_t offset = -1;
  };

  explicit Producer(const KafkaSinkOptions* options) : options_(options) {}
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Returns when the brokers have the message, or have refused it, or `timeout` is over, or after
  // Cancel(). An error says that no client could be made, or that
  // nothing is sent any more.
  Result<Report> Send(const std::string& key, const format::Message& message);
  // Any thread.
  void Cancel();

 private:
  [[nodiscard]] bool MustRemake();
  Status MakeClient();
  void DropClient();
  void Serve();
  rd_kafka_resp_err_t Give(const std::string& key,
                           const format::Message& message,
                           uint64_t number,
                           std::string* detail);
  rd_kafka_resp_err_t Unwrap(rd_kafka_resp_err_t code, std::string* detail);
  void OnReport(const rd_kafka_message_t& message);
  void OnError(rd_kafka_resp_err_t code, std::string detail);
  void OnToken(const std::string& problem);

  const KafkaSinkOptions* const options_;
  ClientHandle client_;
  std::string file_versions_;  // of the files that the client was made with
  std::thread thread_;
  std::atomic<bool> dropping_ = false;

  std::mutex mutex_;
  std::condition_variable reported_;  // with mutex_: report_, has_report_, cancelled_
  uint64_t awaited_ = 0;              // guarded by mutex_: number of the message under way
  bool has_report_ = false;           // guarded by mutex_
  Report report_;                     // guarded by mutex_
  Problem problem_;                   // guarded by mutex_: since the last message that arrived
  std::string token_problem_;         // guarded by mutex_
  bool fatal_ = false;                // guarded by mutex_
  bool cancelled_ = false;            // guarded by mutex_

  std::unique_ptr<CredentialFeed> feed_;  // calls OnToken: destroyed before what that uses
};

}  // namespace keywatch::kafka
