// Keeps the credentials of a running client current, on a thread of its own, because asking for an
// access token may take a minute: tokens before the old one ends, and a user name or password whose
// file has changed. Connections that stand are not touched.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/client_settings.h"
#include "engine/base/status.h"

namespace keywatch::kafka {

class CredentialFeed {
 public:
  // `on_token` is told on the feed's thread what keeps a token from coming, or "" when one came.
  CredentialFeed(ClientSettings settings, std::function<void(const std::string&)> on_token);
  // Cancels a request for a token that is under way.
  ~CredentialFeed();
  CredentialFeed(const CredentialFeed&) = delete;
  CredentialFeed& operator=(const CredentialFeed&) = delete;

  // Before rd_kafka_new().
  void Prepare(rd_kafka_conf_t* conf) const;
  // From now on `client` is fed, until Detach() returns or the feed is destroyed.
  void Attach(rd_kafka_t* client);
  void Detach();
  // A broker did not accept the token: another one is asked for, soon.
  void TokenRefused();

 private:
  void Run();
  void FeedToken();
  Status GiveToken(const azure::AccessToken& token);
  void FeedPassword();

  const ClientSettings settings_;
  const std::function<void(const std::string&)> on_token_;
  const bool has_password_file_;

  std::mutex mutex_;  // guards all below; held while the client is given something
  std::condition_variable changed_;
  bool stopping_ = false;
  bool refused_ = false;
  bool wake_ = false;
  rd_kafka_t* client_ = nullptr;
  std::string given_token_;
  std::string given_user_;
  std::string given_password_;
  std::thread thread_;
};

}  // namespace keywatch::kafka
