#include "connectors/http/timed_server.h"

#include <algorithm>
#include <cerrno>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace keywatch::http {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kNone{0};
constexpr milliseconds kSlice{100};  // after so long a stop is seen

thread_local bool is_late = false;  // the connection that this thread serves

// False when `end` has come, or the server, whose socket is `server`, stops.
bool WaitFor(int socket,
             int16_t events,
             Clock::time_point end,
             const std::atomic<socket_t>& server) {
  while (server != INVALID_SOCKET) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    pollfd wanted{socket, events, 0};
    const int ready = poll(&wanted, 1, static_cast<int>(std::clamp(left, kNone, kSlice).count()));
    if (ready > 0 || (ready < 0 && errno != EINTR))
      return ready > 0;
    if (left <= kNone)
      return false;
  }
  return false;
}

void AddressOf(const sockaddr_storage& address, std::string* ip, int* port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    *port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    *port = ntohs(v6.sin6_port);
  }
  *ip = text;
}

// A connection whose reads all end at one time.
class TimedStream : public httplib::Stream {
 public:
  TimedStream(int socket, const std::atomic<socket_t>* server, milliseconds write_time)
      : socket_(socket), server_(server), write_time_(write_time) {}

  bool is_readable() const override { return WaitFor(socket_, POLLIN, end_, *server_); }
  // What is being answered when the server stops is answered.
  bool is_writable() const override {
    static const std::atomic<socket_t> kNever = 0;
    return WaitFor(socket_, POLLOUT, Clock::now() + write_time_, kNever);
  }
  ssize_t read(char* to, size_t size) override {
    if (begin_ == filled_) {
      if (!is_readable())
        return -1;
      const ssize_t got = recv(socket_, block_.data(), block_.size(), 0);
      if (got <= 0)
        return got;
      begin_ = 0;
      filled_ = static_cast<size_t>(got);
    }
    const size_t taken = std::min(size, filled_ - begin_);
    std::copy_n(block_.data() + begin_, taken, to);
    begin_ += taken;
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* from, size_t size) override {
    size_t sent = 0;
    while (sent < size) {
      if (!is_writable())
        return -1;
      const ssize_t now = send(socket_, from + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (now < 0 && errno != EAGAIN && errno != EINTR)
        return -1;
      sent += static_cast<size_t>(std::max<ssize_t>(now, 0));
    }
    return static_cast<ssize_t>(sent);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0)
      AddressOf(address, &ip, &port);
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0)
      AddressOf(address, &ip, &port);
  }
  socket_t socket() const override { return socket_; }

  void SetEnd(Clock::time_point end) { end_ = end; }
  // Something was sent behind the request.
  [[nodiscard]] bool HasMore() const { return begin_ < filled_; }

 private:
  const int socket_;
  const std::atomic<socket_t>* const server_;
  Clock::time_point end_{};
  const milliseconds write_time_;
  std::vector<char> block_ = std::vector<char>(size_t{16} << 10);
  size_t begin_ = 0;
  size_t filled_ = 0;
};

}  // namespace

bool TimedServer::TakeRoom() {
  is_late = ++connections_ > static_cast<int64_t>(options_.most_connections);
  if (is_late)
    --connections_;
  return !is_late;
}

bool TimedServer::Admit(const std::string& path) {
  if (!is_late || std::find(options_.reserved.begin(), options_.reserved.end(), path) !=
                      options_.reserved.end())
    return true;
  const Clock::time_point end = Clock::now() + options_.late_wait;
  while (!TakeRoom()) {
    if (Clock::now() >= end)
      return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

bool TimedServer::process_and_close_socket(socket_t socket) {
  (void)TakeRoom();
  const milliseconds time = is_late ? options_.late_request_time : options_.request_time;
  TimedStream stream(socket, &svr_sock_, options_.write_time);
  bool good = false;
  for (size_t left = keep_alive_max_count_; left > 0; --left) {
    const milliseconds idle = left == keep_alive_max_count_ ? time : options_.idle_time;
    if (!WaitFor(socket, POLLIN, Clock::now() + idle, svr_sock_))
      break;
    stream.SetEnd(Clock::now() + time);
    bool closed = false;
    good = process_request(stream, left == 1 || is_late, closed, nullptr);
    // Of a body that nobody wanted, a rest would be read as the next request.
    if (!good || closed || stream.HasMore())
      break;
  }
  if (!is_late)
    --connections_;
  is_late = false;
  shutdown(socket, SHUT_RDWR);
  close(socket);
  return good;
}

}  // namespace keywatch::http
