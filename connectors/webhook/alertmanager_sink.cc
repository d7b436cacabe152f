#include "connectors/webhook/alertmanager_sink.h"

#include <utility>

#include "connectors/format/alertmanager.h"
#include "engine/base/log.h"

namespace keywatch::webhook {
namespace {

constexpr size_t kBatch = 100;
constexpr std::chrono::milliseconds kLook{500};  // for what is due

HttpSinkOptions PostOptions(const AlertmanagerOptions& options) {
  HttpSinkOptions out;
  out.name = options.name;
  out.url_tail = "/api/v2/alerts";
  out.url = options.url + out.url_tail;
  out.url_file = options.url_file;
  out.client = options.client;
  out.headers = options.headers;
  out.receiver = Receiver::kAlertmanager;
  out.now = options.now;
  return out;
}

}  // namespace

Result<std::unique_ptr<AlertmanagerSink>> AlertmanagerSink::Make(AlertmanagerOptions options) {
  std::unique_ptr<AlertmanagerSink> made(new AlertmanagerSink(std::move(options)));
  AlertmanagerSink* sink = made.get();
  HttpSinkOptions post = PostOptions(sink->options_);
  post.format = [sink](const pipeline::OutgoingAlert& alert) { return sink->Format(alert); };
  Result<std::unique_ptr<HttpSink>> http = HttpSink::Make(std::move(post));
  if (!http)
    return http.error();
  sink->http_ = std::move(*http);
  sink->thread_ = std::thread([sink] { sink->Resend(); });
  return made;
}

AlertmanagerSink::~AlertmanagerSink() {
  Cancel();
  if (thread_.joinable())
    thread_.join();
}

Result<format::Message> AlertmanagerSink::Format(const pipeline::OutgoingAlert& alert) {
  {
    std::lock_guard lock(mutex_);
    sent_end_ = firing_.EndsAt(alert.id, alert.ended, options_.now());
  }
  Result<std::string> made = format::ToAlertmanagerAlert(alert.json, sent_end_);
  if (!made)
    return made.error();
  sent_ = std::move(*made);
  return format::AlertmanagerMessage({sent_});
}

pipeline::DeliveryResult AlertmanagerSink::Deliver(const pipeline::OutgoingAlert& alert) {
  std::lock_guard posting(posting_);
  pipeline::DeliveryResult result = http_->Deliver(alert);
  if (result.outcome != pipeline::DeliveryOutcome::kAccepted)
    return result;
  std::lock_guard lock(mutex_);
  bool has_room = firing_.Accepted(alert.id, std::move(sent_), sent_end_, options_.now());
  if (!has_room && !std::exchange(told_full_, true)) {
    Log(LogLevel::kWarning,
        "so many alerts fire that new ones are sent to Alertmanager only once",
        {{"sink", options_.name}, {"firing", std::to_string(firing_.size())}});
  }
  return result;
}

void AlertmanagerSink::Resend() {
  bool is_failing = false;
  auto stopped = [this] {
    std::unique_lock lock(mutex_);
    return stop_.wait_for(lock, kLook, [this] { return stopping_; });
  };
  while (!stopped()) {
    std::lock_guard posting(posting_);
    std::vector<std::string> due;
    {
      std::lock_guard lock(mutex_);
      due = firing_.Due(options_.now(), kBatch);
    }
    if (due.empty())
      continue;
    bool taken = PostAgain(due);
    if (std::lock_guard lock(mutex_); stopping_)
      return;
    if (!taken && !is_failing) {
      Log(LogLevel::kWarning,
          "Alertmanager could not be told again of alerts that fire; it is tried every minute",
          {{"sink", options_.name}, {"alerts", std::to_string(due.size())}});
    }
    is_failing = !taken;
  }
}

bool AlertmanagerSink::PostAgain(const std::vector<std::string>& alerts) {
  format::Message message = format::AlertmanagerMessage(alerts);
  http::Request request;
  request.headers = {{"content-type", message.content_type}};
  for (const auto& [name, value] : options_.headers)
    request.headers.emplace_back(name, value.Reveal());
  request.body = message.body;
  http::Response response = http_->Send(request);
  return response.error == http::TransportError::kNone && response.status / 100 == 2;
}

void AlertmanagerSink::Cancel() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (http_ != nullptr)
    http_->Cancel();
}

}  // namespace keywatch::webhook
