// Alerts as CEF in RFC 5424 syslog messages, over TLS (RFC 5425) or TCP (RFC 6587), each with its
// length in front: "MSG-LEN SP SYSLOG-MSG".
//
// Syslog has no answers. An alert counts as accepted when the system took its bytes on a connection
// that was open just before; what the receiver's side loses after that, nobody tells. UDP, where
// nothing tells of any loss, is not offered.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "connectors/format/message.h"
#include "connectors/http/stream.h"
#include "engine/base/status.h"
#include "engine/pipeline/io.h"

namespace keywatch::syslog {

struct SyslogOptions {
  std::string name;
  std::string host;
  int port = 6514;
  bool tls = true;
  int facility = 16;  // local0
  bool wants_ended = false;
  format::Sender sender;
  http::ClientOptions client;
};

// "12 <134>1 ..": a frame of RFC 5425 4.3.
std::string Frame(const std::string& message);

class SyslogSink : public pipeline::Sink {
 public:
  explicit SyslogSink(SyslogOptions options);

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  [[nodiscard]] bool wants_ended() const override { return options_.wants_ended; }
  pipeline::DeliveryResult Deliver(const pipeline::OutgoingAlert& alert) override;
  void Cancel() override { stream_->Cancel(); }

 private:
  SyslogOptions options_;
  std::unique_ptr<http::Stream> stream_;
};

}  // namespace keywatch::syslog
