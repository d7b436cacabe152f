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

// What Slack (JSON answers) and Teams (relayed errors) say with status 200; "" for nothing.
std::string_view HiddenError(Receiver receiver, const http::Response& response) {
  if (response.status != 200)
    return "";
  std::string_view body = response.body;
  bool is_error = (receiver == Receiver::kSlack && body.find("\"ok\":false") != body.npos) ||
                  (receiver == Receiver::kTeams && body.find("failed with error") != body.npos);
  return is_error ? body : "";
}

bool Holds(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

DeliveryResult OutcomeOfHiddenError(std::string_view error, const http::Response& response) {
  DeliveryResult result;
  result.outcome = DeliveryOutcome::kRetry;
  result.detail = Describe(response);
  result.reason = "http_4xx";
  if (Holds(error, "ratelimited") || Holds(error, "429")) {
    result.reason = "throttled";
    result.retry_after = kRest;
  } else if (Holds(error, "HTTP error 5")) {
    result.reason = "http_5xx";
  } else {
    result.outcome = DeliveryOutcome::kReject;
  }
  return result;
}

// Answers that all receivers mean alike.
DeliveryResult OutcomeOfStatus(const http::Response& response,
                               milliseconds rest,
                               record::Ticks now) {
  DeliveryResult result;
  result.outcome = DeliveryOutcome::kRetry;
  int status = response.status;
  if (status >= 200 && status < 300) {
    result.outcome = DeliveryOutcome::kAccepted;
    result.detail = Describe(response);
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
    result.retry_after = asked.value_or(rest);
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

DeliveryResult Outcome(Receiver receiver, const http::Response& response, record::Ticks now) {
  if (response.error != http::TransportError::kNone) {
    return {DeliveryOutcome::kRetry,
            http::ReasonOf(response.error),
            response.error_detail,
            milliseconds(0)};
  }
  if (std::string_view error = HiddenError(receiver, response); !error.empty())
    return OutcomeOfHiddenError(error, response);
  bool is_pagerduty = receiver == Receiver::kPagerDuty;
  return OutcomeOfStatus(response, is_pagerduty ? 2 * kRest : kRest, now);
}

bool IsTooLarge(Receiver receiver, const http::Response& response) {
  if (response.error != http::TransportError::kNone)
    return false;
  if (response.status == 413)
    return true;
  switch (receiver) {
    case Receiver::kSlack:
      return Holds(response.body, "too_long");
    case Receiver::kTeams:
      return Holds(response.body, "Request entity too large") || Holds(response.body, "error 413");
    default:
      return false;
  }
}

}  // namespace keywatch::webhook
