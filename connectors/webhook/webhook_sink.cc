#include "connectors/webhook/webhook_sink.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string_view>
#include <utility>

#include "connectors/format/standard_webhooks.h"
#include "connectors/webhook/delivery_outcome.h"

namespace keywatch::webhook {
namespace {

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
  return lower.starts_with("webhook-") || lower == "content-type" || lower == "content-length" ||
         lower == "transfer-encoding" || lower == "keywatch-sent-time";
}

// The keys as the secrets are now: they may stand in files that are rotated.
Result<std::vector<std::string>> Keys(const WebhookOptions& options) {
  std::vector<std::string> keys;
  for (const Secret& secret : options.secrets) {
    std::istringstream words(secret.Reveal());
    for (std::string word; words >> word;) {
      Result<std::string> key = format::ParseWebhookSecret(word);
      if (!key)
        return InvalidInput("sink " + options.name + ": " + key.error().message());
      keys.push_back(std::move(key).value());
    }
  }
  return keys;
}

Status CheckHeaders(const WebhookOptions& options) {
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

}  // namespace

WebhookSink::WebhookSink(WebhookOptions options, std::unique_ptr<http::Client> client)
    : options_(std::move(options)), client_(std::move(client)) {}

Result<std::unique_ptr<WebhookSink>> WebhookSink::Make(WebhookOptions options) {
  KEYWATCH_RETURN_IF_ERROR(CheckHeaders(options));
  if (Result<std::vector<std::string>> keys = Keys(options); !keys)
    return keys.error();
  Result<std::unique_ptr<http::Client>> client = http::Client::Make(options.url, options.client);
  if (!client) {
    return Status(client.error().code(), "sink " + options.name + ": " + client.error().message());
  }
  return std::unique_ptr<WebhookSink>(
      new WebhookSink(std::move(options), std::move(client).value()));
}

pipeline::DeliveryResult WebhookSink::Deliver(const pipeline::OutgoingAlert& alert) {
  Result<std::vector<std::string>> keys = Keys(options_);
  if (!keys || !CheckHeaders(options_).ok()) {
    return {pipeline::DeliveryOutcome::kRetry,
            "other",
            keys ? CheckHeaders(options_).message() : keys.error().message(),
            std::chrono::milliseconds(0)};
  }
  record::Ticks now = options_.now();
  int64_t seconds = (now - record::kUnixEpoch) / record::kTicksPerSecond;
  http::Request request;
  request.headers = format::WebhookHeaders(*keys, alert.id, seconds, alert.json);
  request.headers.emplace_back("content-type", "application/json");
  request.headers.emplace_back(
      "keywatch-sent-time",
      record::FormatDatetimeShort(record::FloorTo(now, record::kTicksPerMillisecond)));
  for (const auto& [name, value] : options_.headers)
    request.headers.emplace_back(name, value.Reveal());
  request.body = alert.json;
  http::Response response = client_->Send(request);
  return WebhookOutcome(response, options_.now());
}

}  // namespace keywatch::webhook
