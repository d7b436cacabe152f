#include "connectors/webhook/delivery_outcome.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace keywatch::webhook {
namespace {

using pipeline::DeliveryOutcome;
using pipeline::DeliveryResult;
using std::chrono::milliseconds;

constexpr milliseconds kRest = std::chrono::minutes(1);  // when the receiver names no time
constexpr int64_t kMostSeconds = 7 * 24 * 3600;
constexpr size_t kBodyShown = 200;

const char* TransportReason(http::TransportError error) {
  switch (error) {
    case http::TransportError::kTimeout:
      return "timeout";
    case http::TransportError::kRefused:
      return "refused";
    case http::TransportError::kReset:
      return "reset";
    case http::TransportError::kDns:
      return "dns";
    case http::TransportError::kTls:
      return "tls";
    case http::TransportError::kPolicy:
      return "policy";
    case http::TransportError::kNone:
    case http::TransportError::kCancelled:
    case http::TransportError::kOther:
      return "network";
  }
  return "network";
}

std::string Describe(const http::Response& response) {
  std::string out = fmt::format("HTTP {}", response.status);
  if (!response.Header("location").empty())
    out += " to " + response.Header("location");
  if (!response.body.empty()) {
    out += ": ";
    for (char c : response.body.substr(0, kBodyShown)) {
      out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
  }
  return out;
}

}  // namespace

std::optional<milliseconds> ParseRetryAfter(std::string_view text, record::Ticks now) {
  if (text.empty())
    return std::nullopt;
  int64_t seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  bool all_digits = end == text.data() + text.size() && text[0] != '-';
  if (all_digits && error == std::errc::result_out_of_range)
    seconds = kMostSeconds;
  if (all_digits && (error == std::errc() || error == std::errc::result_out_of_range)) {
    return std::chrono::seconds(std::min(seconds, kMostSeconds));
  }
  // An HTTP date begins with the day's name: "Sun, 06 Nov 1994 08:49:37 GMT".
  if (text.find("GMT") == std::string_view::npos)
    return std::nullopt;
  std::optional<record::Ticks> date = record::ParseDatetime(text);
  if (!date)
    return std::nullopt;
  int64_t ahead = std::max<int64_t>(0, (*date - now) / record::kTicksPerMillisecond);
  return milliseconds(std::min(ahead, kMostSeconds * 1000));
}

DeliveryResult WebhookOutcome(const http::Response& response, record::Ticks now) {
  DeliveryResult result;
  result.outcome = DeliveryOutcome::kRetry;
  if (response.error != http::TransportError::kNone) {
    result.reason = TransportReason(response.error);
    result.detail = response.error_detail;
    return result;
  }
  int status = response.status;
  if (status >= 200 && status < 300) {
    result.outcome = DeliveryOutcome::kAccepted;
    return result;
  }
  result.detail = Describe(response);
  std::optional<milliseconds> asked = ParseRetryAfter(response.Header("retry-after"), now);
  if (status == 401 || status == 403) {
    result.reason = "auth";
    result.detail += "; check the sink's secrets and headers";
    result.retry_after = std::max(asked.value_or(kRest), kRest);
  } else if (status == 429) {
    result.reason = "throttled";
    result.retry_after = asked.value_or(kRest);
  } else if (status == 408 || status == 425) {
    result.reason = "http_4xx";
    result.retry_after = asked.value_or(milliseconds(0));
  } else if (status == 410) {
    result.outcome = DeliveryOutcome::kReject;
    result.reason = "gone";
    result.detail += "; the receiver wants no more alerts at this URL: correct or remove the sink";
  } else if (status >= 300 && status < 400) {
    result.outcome = DeliveryOutcome::kReject;
    result.reason = "redirect";
    result.detail += "; redirects are not followed: put the final URL into the configuration";
  } else if (status >= 400 && status < 500) {
    result.outcome = DeliveryOutcome::kReject;
    result.reason = "http_4xx";
  } else if (status >= 500 && status < 600) {
    result.reason = "http_5xx";
    result.retry_after = asked.value_or(milliseconds(0));
  } else {
    result.reason = "network";
    result.detail = fmt::format("expected an HTTP status from 200 to 599, found {}", status);
  }
  return result;
}

}  // namespace keywatch::webhook
