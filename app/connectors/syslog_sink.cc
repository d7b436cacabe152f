#include "app/connectors/syslog_sink.h"

#include <utility>

#include "app/connectors/sender.h"
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
void ReadAddress(ConnectorFields* fields, SyslogSinkSettings* out) {
  const rule::YamlNode* node = fields->reader().Require("address");
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

SyslogSinkSettings ReadSyslogSink(ConnectorFields* fields) {
  SyslogSinkSettings out;
  out.egress = ReadHttpEgress(fields);
  ReadAddress(fields, &out);
  if (auto which = fields->reader().Name("transport", {"tls", "tcp"}))
    out.tls = *which == 0;
  if (auto which = fields->reader().Name("facility", Facilities()))
    out.facility = static_cast<int64_t>(*which);
  SetField(fields->reader().Bool("send_ended"), &out.send_ended);
  SetField(fields->reader().Bool("allow_insecure_tcp"), &out.egress.allow_insecure_http);
  return out;
}

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
  options.client = ToClientOptions(settings.egress);
  // In the clear to this machine only, unless it is allowed.
  options.client.addresses.only_loopback = !settings.tls && !settings.egress.allow_insecure_http;
  return std::unique_ptr<pipeline::Sink>(std::make_unique<syslog::SyslogSink>(std::move(options)));
}

}  // namespace keywatch::app
