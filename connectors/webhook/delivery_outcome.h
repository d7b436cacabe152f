// What a receiver's answer means for an alert: pure.
//
//   2xx                 accepted
//   3xx                 rejected: redirects are not followed, the URL has to be corrected
//   401, 403            retried, at least a minute apart: credentials get repaired, and the alerts
//                       raised meanwhile must survive that
//   408, 425            retried
//   429                 retried after Retry-After, or a minute
//   410                 rejected: the receiver is gone
//   other 4xx           rejected: it will never take this alert
//   5xx                 retried, after Retry-After if there is one
//   no answer           retried: timeout, refused, reset, DNS, TLS, address policy
//   anything else       retried
// Rejected alerts go to the dead-letter file. What single receivers do otherwise:
//   Slack, Teams  200 with an error in the body: judged by that
//   PagerDuty     429 without a time: two minutes
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "connectors/http/client.h"
#include "engine/pipeline/io.h"
#include "engine/record/time.h"

namespace keywatch::webhook {

enum class Receiver { kWebhook, kAlertmanager, kSlack, kTeams, kPagerDuty, kLogsIngestion };

pipeline::DeliveryResult Outcome(Receiver receiver,
                                 const http::Response& response,
                                 record::Ticks now);

// Whether the receiver may take a shorter message.
bool IsTooLarge(Receiver receiver, const http::Response& response);

// Retry-After as seconds or as an HTTP date (RFC 9110 10.2.3); null if it is neither. A date in the
// past is 0.
std::optional<std::chrono::milliseconds> ParseRetryAfter(std::string_view text, record::Ticks now);

}  // namespace keywatch::webhook
