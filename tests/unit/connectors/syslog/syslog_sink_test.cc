// Frames over plain TCP, to a listener of the test's own; TLS is tested in test_sinks.py.
#include "connectors/syslog/syslog_sink.h"

#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/alert/alert_json.h"

namespace keywatch::syslog {
namespace {

using pipeline::DeliveryOutcome;

class Listener {
 public:
  Listener() {
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 4), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() {
    Hangup();
    close(socket_);
  }
  [[nodiscard]] int port() const { return port_; }
  void Accept() { connection_ = accept(socket_, nullptr, nullptr); }
  void Hangup() {
    if (connection_ >= 0)
      close(connection_);
    connection_ = -1;
  }
  std::string ReadFrame() const {
    std::string length;
    char c = 0;
    while (recv(connection_, &c, 1, 0) == 1 && c != ' ')
      length += c;
    std::string out(std::stoul(length), ' ');
    EXPECT_EQ(recv(connection_, out.data(), out.size(), MSG_WAITALL),
              static_cast<ssize_t>(out.size()));
    return out;
  }

 private:
  int socket_ = -1;
  int connection_ = -1;
  int port_ = 0;
};

SyslogOptions OptionsFor(int port) {
  SyslogOptions options;
  options.name = "siem";
  options.host = "127.0.0.1";
  options.port = port;
  options.tls = false;
  options.sender = {"1.2.3", "host-1", ""};
  options.client.timeout = std::chrono::seconds(5);
  return options;
}

pipeline::OutgoingAlert AlertOf(const std::string& title) {
  alert::Alert alert;
  alert.id = std::string(32, 'a');
  alert.rule = {"r1", "A rule", "1", "NRT", std::string(64, 'b')};
  alert.severity = "High";
  alert.title = title;
  return {alert.id, "r1", "High", alert::ToJson(alert), false};
}

TEST(SyslogSink, WritesFramesAndConnectsAgain) {
  Listener listener;
  SyslogSink sink(OptionsFor(listener.port()));
  EXPECT_EQ(sink.Deliver(AlertOf("one")).outcome, DeliveryOutcome::kAccepted);
  listener.Accept();
  std::string frame = listener.ReadFrame();
  EXPECT_EQ(frame.substr(0, 7), "<130>1 ") << frame;
  EXPECT_NE(
      frame.find(" host-1 keywatch - alert.raised - CEF:0|keywatch|keywatch|1.2.3|r1|A rule|8|"),
      std::string::npos)
      << frame;
  EXPECT_TRUE(frame.ends_with("msg=one")) << frame;
  EXPECT_EQ(sink.Deliver(AlertOf("two\nlines")).outcome, DeliveryOutcome::kAccepted);
  EXPECT_TRUE(listener.ReadFrame().ends_with("msg=two\\nlines"));
  // A connection that the receiver closed is seen before the next alert is written into it.
  listener.Hangup();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(sink.Deliver(AlertOf("three")).outcome, DeliveryOutcome::kAccepted);
  listener.Accept();
  EXPECT_TRUE(listener.ReadFrame().ends_with("msg=three"));
}

TEST(SyslogSink, FailuresAreNamed) {
  int port = Listener().port();
  EXPECT_EQ(SyslogSink(OptionsFor(port)).Deliver(AlertOf("a")).reason, "refused");
  SyslogOptions metadata = OptionsFor(80);
  metadata.host = "169.254.169.254";
  EXPECT_EQ(SyslogSink(std::move(metadata)).Deliver(AlertOf("a")).reason, "policy");
  SyslogOptions beyond = OptionsFor(80);
  beyond.host = "10.255.255.1";
  beyond.client.addresses.only_loopback = true;
  EXPECT_EQ(SyslogSink(std::move(beyond)).Deliver(AlertOf("a")).reason, "policy");
  Listener listener;
  SyslogOptions tls = OptionsFor(listener.port());
  tls.tls = true;
  tls.client.timeout = tls.client.connect_timeout = std::chrono::milliseconds(300);
  pipeline::DeliveryResult silent = SyslogSink(std::move(tls)).Deliver(AlertOf("a"));
  EXPECT_EQ(silent.outcome, DeliveryOutcome::kRetry);
  EXPECT_EQ(silent.reason, "timeout") << silent.detail;
}

TEST(SyslogSink, AReceiverThatDoesNotReadIsGivenUp) {
  Listener listener;
  SyslogOptions options = OptionsFor(listener.port());
  options.client.timeout = std::chrono::milliseconds(300);
  SyslogSink sink(std::move(options));
  pipeline::DeliveryResult result;
  for (int i = 0; i < 20'000 && result.outcome == DeliveryOutcome::kAccepted; ++i)
    result = sink.Deliver(AlertOf(std::string(1000, 'x')));
  EXPECT_EQ(result.reason, "timeout") << result.detail;
}

}  // namespace
}  // namespace keywatch::syslog
