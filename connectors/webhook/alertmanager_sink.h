// Alertmanager's API v2: an alert fires until the finding is over.
//
// A sink of its own rather than an HttpSink alone, because Alertmanager wants to be told again: a
// thread sends what is firing every `resend` (see firing_alerts.h), up to 100 alerts a request.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "connectors/webhook/firing_alerts.h"
#include "connectors/webhook/http_sink.h"

namespace keywatch::webhook {

struct AlertmanagerOptions {
  std::string name;
  std::string url;  // without /api/v2/alerts
  Secret url_file;  // as HttpSinkOptions::url_file
  http::ClientOptions client;
  std::vector<std::pair<std::string, Secret>> headers;
  FiringPolicy firing;
  std::function<record::Ticks()> now = record::WallNow;  // must be thread-safe
};

class AlertmanagerSink : public pipeline::Sink {
 public:
  static Result<std::unique_ptr<AlertmanagerSink>> Make(AlertmanagerOptions options);
  ~AlertmanagerSink() override;

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  [[nodiscard]] bool wants_ended() const override { return true; }
  pipeline::DeliveryResult Deliver(const pipeline::OutgoingAlert& alert) override;
  void Cancel() override;

 private:
  explicit AlertmanagerSink(AlertmanagerOptions options)
      : options_(std::move(options)), firing_(options_.firing) {}
  Result<format::Message> Format(const pipeline::OutgoingAlert& alert);
  void Resend();
  bool PostAgain(const std::vector<std::string>& alerts);

  AlertmanagerOptions options_;
  std::unique_ptr<HttpSink> http_;  // used by one at a time: who holds posting_
  std::string sent_;                // by the running Deliver: the element of the array
  record::Ticks sent_end_ = 0;

  // Held while anything is posted, and taken before mutex_: what is told again must not overtake
  // the end of an alert, or it would fire on.
  std::mutex posting_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;   // guarded by mutex_
  bool told_full_ = false;  // guarded by mutex_
  FiringAlerts firing_;     // guarded by mutex_
  std::thread thread_;
};

}  // namespace keywatch::webhook
