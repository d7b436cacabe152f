#include "connectors/syslog/syslog_sink.h"

#include <utility>

#include "connectors/format/cef.h"

namespace keywatch::syslog {

std::string Frame(const std::string& message) {
  return std::to_string(message.size()) + " " + message;
}

SyslogSink::SyslogSink(SyslogOptions options)
    : options_(std::move(options)),
      stream_(http::Stream::Make(options_.host, options_.port, options_.tls, options_.client)) {}

pipeline::DeliveryResult SyslogSink::Deliver(const pipeline::OutgoingAlert& alert) {
  Result<format::Message> message =
      format::ToSyslog(alert.json, options_.sender, options_.facility);
  if (!message)
    return {pipeline::DeliveryOutcome::kReject, "other", message.error().message(), {}};
  std::string detail;
  http::TransportError error = stream_->Write(Frame(message->body), &detail);
  if (error == http::TransportError::kNone)
    return {};
  return {pipeline::DeliveryOutcome::kRetry, http::ReasonOf(error), detail, {}};
}

}  // namespace keywatch::syslog
