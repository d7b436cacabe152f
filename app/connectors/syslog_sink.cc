#include "app/connectors/syslog_sink.h"

#include <algorithm>
#include <utility>

#include "app/connectors/sender.h"
#include "connectors/http/stream.h"
#include "connectors/syslog/syslog_sink.h"

namespace keywatch::app {
namespace {

const std::vector<std::string>& Facilities() {
  static const std::vector<std::string> names = {
      "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
      "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
      "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
  return names;
}

// host:port, [address]:port; the port may be left out.
void ReadAddress(Fields* fields, SyslogSinkSettings* out) {
  std::string written;
  const rule::YamlNode* node =
      fields->Text("address",
                   "host:port of the collector; the port is 6514 if none is given.",
                   &written,
                   Need::kRequired);
  if (node == nullptr)
    return;
  const std::string& text = node->scalar;
  size_t colon = text.rfind(':');
  bool has_port = colon != std::string::npos && (text.find(':') == colon || text[colon - 1] == ']');
  out->host = text.substr(0, has_port ? colon : std::string::npos);
  if (out->host.size() > 2 && out->host.front() == '[' && out->host.back() == ']')
    out->host = out->host.substr(1, out->host.size() - 2);
  bool is_good = !out->host.empty() && out->host.find_first_of("/@ ?#") == std::string::npos;
  if (has_port) {
    std::string port = text.substr(colon + 1);
    is_good = is_good && !port.empty() && port.size() <= 5 &&
              port.find_first_not_of("0123456789") == std::string::npos;
    out->port = is_good ? std::stol(port) : 0;
  }
  if (!is_good || out->port < 1 || out->port > 65535) {
    fields->diagnostics()->Error(node->span,
                                 "address: expected host or host:port, found something else",
                                 "write collector.example.com:6514 or [2001:db8::1]:6514");
  }
}

}  // namespace

SyslogSinkSettings ReadSyslogSink(Fields* fields) {
  SyslogSinkSettings out;
  ReadHttpEgress(fields, &out.egress);
  ReadAddress(fields, &out);
  size_t transport = out.tls ? 0 : 1;
  fields->Name("transport", "tcp is in the clear.", {"tls", "tcp"}, &transport);
  out.tls = transport == 0;
  fields->Name("facility", "Of syslog.", Facilities(), &out.facility);
  ReadSendEnded(fields, &out.send_ended);
  fields->Bool("allow_insecure_tcp", "tcp to other machines.", &out.egress.allow_insecure_http);
  return out;
}

namespace {

http::ClientOptions StreamOptions(const SyslogSinkSettings& settings) {
  http::ClientOptions options = ToClientOptions(settings.egress);
  // In the clear to this machine only, unless it is allowed.
  options.addresses.only_loopback = !settings.tls && !settings.egress.allow_insecure_http;
  return options;
}

}  // namespace

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const SyslogSinkSettings& settings) {
  syslog::SyslogOptions options;
  options.name = name;
  options.host = settings.host;
  options.port = static_cast<int>(settings.port);
  options.tls = settings.tls;
  options.facility = static_cast<int>(settings.facility);
  options.wants_ended = settings.send_ended;
  options.sender = MakeSender();
  options.client = StreamOptions(settings);
  return std::unique_ptr<pipeline::Sink>(std::make_unique<syslog::SyslogSink>(std::move(options)));
}

Attempt TryConnection(const std::string& /*name*/,
                      const SyslogSinkSettings& settings,
                      std::chrono::milliseconds limit) {
  http::ClientOptions options = StreamOptions(settings);
  options.connect_timeout = std::min(options.connect_timeout, limit);
  auto stream = http::Stream::Make(
      settings.host, static_cast<int>(settings.port), settings.tls, std::move(options));
  std::string detail;
  const http::TransportError error = stream->Write("", &detail);
  if (error != http::TransportError::kNone)
    return Unreachable(error, detail);
  return Attempt::Ok(settings.tls ? "reachable, TLS verified" : "reachable without TLS");
}

}  // namespace keywatch::app
