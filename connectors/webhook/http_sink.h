// Posts alerts to a URL: every receiver that speaks HTTP is this sink, with a format, headers, and
// what its answers mean.
//
//   POST, content-type as the format says, user-agent: keywatch/<version>
//   body: what `format` makes of the alert
//
// A receiver that finds a message too large (413, or in its own words) gets it once more without
// evidence (format/shorten.h), in the same attempt; only then is the alert given up.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "connectors/format/message.h"
#include "connectors/http/client.h"
#include "connectors/webhook/authorization.h"
#include "connectors/webhook/delivery_outcome.h"
#include "engine/base/secret.h"
#include "engine/pipeline/io.h"

namespace keywatch::webhook {

struct HttpSinkOptions {
  std::string name;
  std::string url;
  // The file that holds the URL, or what stands before `url_tail`: what is posted goes to its
  // present text. Empty: `url` it is.
  Secret url_file;
  std::string url_tail;
  http::ClientOptions client;
  // Called for each attempt. An error is final: the alert is given up.
  std::function<Result<format::Message>(const pipeline::OutgoingAlert&)> format;
  std::vector<std::pair<std::string, Secret>> headers;  // further ones
  std::unique_ptr<Authorization> authorization;         // null: none
  Receiver receiver = Receiver::kWebhook;               // what its answers mean
  std::chrono::milliseconds pace{0};                    // from one post to the next, at least
  bool wants_ended = false;
  std::function<record::Ticks()> now = record::WallNow;
};

class HttpSink : public pipeline::Sink {
 public:
  // Refuses a malformed URL or header; connects to nothing.
  static Result<std::unique_ptr<HttpSink>> Make(HttpSinkOptions options);

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  [[nodiscard]] bool wants_ended() const override { return options_.wants_ended; }
  pipeline::DeliveryResult Deliver(const pipeline::OutgoingAlert& alert) override;
  void Cancel() override;
  // Sends what the caller made to the same URL. Not while another thread delivers.
  http::Response Send(const http::Request& request);

 private:
  HttpSink(HttpSinkOptions options, std::unique_ptr<http::Client> client);
  pipeline::DeliveryResult Post(const pipeline::OutgoingAlert& alert, bool* is_too_large);
  void WaitForTurn();
  Status FollowUrl();

  HttpSinkOptions options_;
  std::unique_ptr<http::Client> client_;  // replaced under mutex_, by the delivering thread
  std::chrono::steady_clock::time_point next_turn_{};

  std::mutex mutex_;
  std::condition_variable cancelled_changed_;
  bool cancelled_ = false;  // guarded by mutex_
};

}  // namespace keywatch::webhook
