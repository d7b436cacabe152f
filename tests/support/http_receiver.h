// An HTTP server inside the test, on a free port of 127.0.0.1, that answers as it is told: any
// status and headers, or no answer at all. It keeps what it received.
#pragma once

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace keywatch::tests {

class HttpReceiver {
 public:
  struct Received {
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    std::string method;
    std::string target;  // path and query as sent
    int connection = 0;  // its number, from 1
  };
  struct Answer {
    enum class Kind { kReply, kHang, kReset };
    int status = 200;
    std::string headers;  // "Name: value\r\n" lines
    std::string body = "ok";
    Kind kind = Kind::kReply;
  };
  using Script = std::function<Answer(const Received&)>;

  // Without a script it answers 200.
  explicit HttpReceiver(Script script = nullptr) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }

  ~HttpReceiver() {
    stopping_ = true;
    acceptor_.join();
    for (std::thread& thread : threads_)
      thread.join();
    close(listener_);
  }

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/alerts";
  }
  [[nodiscard]] int port() const { return port_; }

  [[nodiscard]] std::vector<Received> received() const {
    std::lock_guard lock(mutex_);
    return received_;
  }

  bool WaitFor(size_t count, std::chrono::milliseconds timeout = std::chrono::seconds(10)) const {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, timeout, [&] { return received_.size() >= count; });
  }

 private:
  bool Readable(int descriptor) const {
    while (!stopping_) {
      pollfd ready{descriptor, POLLIN, 0};
      if (poll(&ready, 1, 10) > 0)
        return true;
    }
    return false;
  }

  void Accept() {
    while (Readable(listener_)) {
      int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection >= 0)
        threads_.emplace_back([this, connection] { Serve(connection); });
    }
  }

  void Serve(int connection) {
    int number = ++connections_;
    std::string buffer;
    while (true) {
      Received request;
      request.connection = number;
      if (!ReadRequest(connection, &buffer, &request))
        break;
      Answer answer = script_ ? script_(request) : Answer();
      {
        std::lock_guard lock(mutex_);
        received_.push_back(request);
      }
      arrived_.notify_all();
      if (answer.kind == Answer::Kind::kHang) {
        (void)Readable(connection);  // until the client goes, or the test ends
        break;
      }
      if (answer.kind == Answer::Kind::kReset) {
        linger hard{1, 0};
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        break;
      }
      std::string reply = "HTTP/1.1 " + std::to_string(answer.status) + " Status\r\n" +
                          answer.headers + "Content-Length: " + std::to_string(answer.body.size()) +
                          "\r\n\r\n";
      if (request.method != "HEAD")
        reply += answer.body;
      if (send(connection, reply.data(), reply.size(), MSG_NOSIGNAL) < 0)
        break;
    }
    close(connection);
  }

  bool ReadMore(int connection, std::string* buffer) const {
    char block[16384];
    if (!Readable(connection))
      return false;
    ssize_t count = recv(connection, block, sizeof block, 0);
    if (count <= 0)
      return false;
    buffer->append(block, static_cast<size_t>(count));
    return true;
  }

  bool ReadRequest(int connection, std::string* buffer, Received* request) const {
    size_t end = 0;
    while ((end = buffer->find("\r\n\r\n")) == std::string::npos) {
      if (!ReadMore(connection, buffer))
        return false;
      if ((*buffer)[0] == '\x16')
        return false;  // a TLS greeting, which we do not speak
    }
    size_t first = buffer->find(' ');
    size_t second = buffer->find(' ', first + 1);
    request->method = buffer->substr(0, first);
    request->target = buffer->substr(first + 1, second - first - 1);
    size_t at = buffer->find("\r\n") + 2;
    while (at < end + 2) {
      size_t line_end = buffer->find("\r\n", at);
      std::string line = buffer->substr(at, line_end - at);
      size_t colon = line.find(": ");
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
      });
      if (colon != std::string::npos)
        request->headers[name] = line.substr(colon + 2);
      at = line_end + 2;
    }
    auto said = request->headers.find("content-length");
    size_t length =
        said == request->headers.end() ? 0 : static_cast<size_t>(std::atoll(said->second.c_str()));
    while (buffer->size() < end + 4 + length) {
      if (!ReadMore(connection, buffer))
        return false;
    }
    request->body = buffer->substr(end + 4, length);
    buffer->erase(0, end + 4 + length);
    return true;
  }

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  std::vector<Received> received_;
  std::vector<std::thread> threads_;  // of the acceptor, then of the destructor
  std::thread acceptor_;
};

}  // namespace keywatch::tests
