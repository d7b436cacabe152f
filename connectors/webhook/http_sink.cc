#include "connectors/webhook/http_sink.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "connectors/format/shorten.h"

namespace keywatch::webhook {
namespace {

using pipeline::DeliveryOutcome;
using pipeline::DeliveryResult;
using pipeline::OutgoingAlert;

constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";  // RFC 9110 5.6.2

bool IsToken(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           kTokenMarks.find(c) != std::string_view::npos;
  });
}

bool IsFieldValue(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
  });
}

// Headers that are ours, or libcurl's, to set.
bool IsReserved(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return lower.starts_with("webhook-") || lower.starts_with("ce-") || lower == "content-type" ||
         lower == "content-length" || lower == "transfer-encoding" || lower == "keywatch-sent-time";
}

Status CheckHeaders(const HttpSinkOptions& options) {
  for (const auto& [name, value] : options.headers) {
    if (!IsToken(name) || !IsFieldValue(value.Reveal())) {
      return InvalidInput(
          "sink " + options.name +
          ": expected a header name and a value without line ends, found header: " + name);
    }
    if (IsReserved(name)) {
      return InvalidInput(
          "sink " + options.name +
          ": this header is set by keywatch, take it out of the configuration: " + name);
    }
  }
  return {};
}

DeliveryResult Hold(std::string reason, const Status& status) {
  return {
      DeliveryOutcome::kRetry, std::move(reason), status.message(), std::chrono::milliseconds(0)};
}

}  // namespace

HttpSink::HttpSink(HttpSinkOptions options, std::unique_ptr<http::Client> client)
    : options_(std::move(options)), client_(std::move(client)) {}

Result<std::unique_ptr<HttpSink>> HttpSink::Make(HttpSinkOptions options) {
  KEYWATCH_RETURN_IF_ERROR(CheckHeaders(options));
  Result<std::unique_ptr<http::Client>> client = http::Client::Make(options.url, options.client);
  if (!client) {
    return Status(client.error().code(), "sink " + options.name + ": " + client.error().message());
  }
  return std::unique_ptr<HttpSink>(new HttpSink(std::move(options), std::move(client).value()));
}

DeliveryResult HttpSink::Deliver(const OutgoingAlert& alert) {
  return format::SendOrShorten(alert, [this](const OutgoingAlert& one, bool* is_too_large) {
    return Post(one, is_too_large);
  });
}

DeliveryResult HttpSink::Post(const OutgoingAlert& alert, bool* is_too_large) {
  Result<format::Message> message = options_.format(alert);
  if (!message)
    return {DeliveryOutcome::kReject, "other", message.error().message(), {}};
  // A header may stand in a file that was changed since.
  if (Status headers = CheckHeaders(options_); !headers.ok())
    return Hold("other", headers);
  if (Status url = FollowUrl(); !url.ok())
    return Hold("other", url);
  WaitForTurn();
  http::Request request;
  request.headers = {{"content-type", message->content_type}};
  request.headers.insert(request.headers.end(), message->headers.begin(), message->headers.end());
  if (options_.authorization != nullptr) {
    std::string id = format::MessageId(alert.id, alert.ended);
    Result<http::Headers> more =
        options_.authorization->Headers({id, message->body, options_.now()});
    if (!more)
      return Hold("auth", more.error());
    request.headers.insert(request.headers.end(), more->begin(), more->end());
  }
  for (const auto& [name, value] : options_.headers)
    request.headers.emplace_back(name, value.Reveal());
  request.body = message->body;
  http::Response response = client_->Send(request);
  if (response.status == 401 && options_.authorization != nullptr)
    options_.authorization->Refused();
  *is_too_large = IsTooLarge(options_.receiver, response);
  return Outcome(options_.receiver, response, options_.now());
}

http::Response HttpSink::Send(const http::Request& request) {
  if (Status url = FollowUrl(); !url.ok()) {
    http::Response response;
    response.error = http::TransportError::kOther;
    response.error_detail = url.message();
    return response;
  }
  return client_->Send(request);
}

// A URL in a file may have been changed since: a chat service gives a new one when the old is out.
Status HttpSink::FollowUrl() {
  if (options_.url_file.empty())
    return {};
  std::string base = options_.url_file.Reveal();
  while (!options_.url_tail.empty() && base.ends_with('/'))
    base.pop_back();
  std::string url = base + options_.url_tail;
  if (url == options_.url)
    return {};
  Result<std::unique_ptr<http::Client>> client = http::Client::Make(url, options_.client);
  if (!client) {
    return Status(client.error().code(),
                  options_.url_file.path() + ": " + client.error().message());
  }
  options_.url = std::move(url);
  std::lock_guard lock(mutex_);
  client_ = std::move(*client);
  if (cancelled_)
    client_->Cancel();
  return {};
}

// Receivers of chats throttle whoever posts faster than a person reads.
void HttpSink::WaitForTurn() {
  if (options_.pace.count() == 0)
    return;
  std::unique_lock lock(mutex_);
  cancelled_changed_.wait_until(lock, next_turn_, [this] { return cancelled_; });
  next_turn_ = std::chrono::steady_clock::now() + options_.pace;
}

void HttpSink::Cancel() {
  {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    client_->Cancel();
  }
  cancelled_changed_.notify_all();
  if (options_.authorization != nullptr)
    options_.authorization->Cancel();
}

}  // namespace keywatch::webhook
