#include "connectors/http/server.h"

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <httplib.h>

namespace keywatch::http {
namespace {

constexpr size_t kThreads = 4;
constexpr size_t kWaiting = 16;
constexpr size_t kRequestBytes = 64 << 10;
constexpr time_t kRequestSeconds = 5;
constexpr time_t kKeepAliveSeconds = 1;

// httplib's own queue has no bound. Here the accepting thread waits when the queue is full, and
// further connections wait in the kernel, whose backlog is bounded.
class BoundedPool : public httplib::TaskQueue {
 public:
  BoundedPool() {
    for (size_t i = 0; i < kThreads; ++i)
      threads_.emplace_back([this] { Run(); });
  }

  void enqueue(std::function<void()> task) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return tasks_.size() < kWaiting || closed_; });
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }

  void shutdown() override {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
      thread.join();
  }

 private:
  void Run() {
    while (true) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !tasks_.empty() || closed_; });
        if (tasks_.empty())
          return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
        changed_.notify_all();
      }
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;  // guarded by mutex_
  bool closed_ = false;                      // guarded by mutex_
  std::vector<std::thread> threads_;
};

// httplib's routes are regular expressions; ours are exact paths.
std::string Exactly(const std::string& path) {
  std::string out;
  for (char c : path) {
    if (std::strchr(".^$|()[]{}*+?\\", c) != nullptr)
      out += '\\';
    out += c;
  }
  return out;
}

httplib::Server::Handler Wrap(Handler handler) {
  return
      [handler = std::move(handler)](const httplib::Request& request, httplib::Response& response) {
        ServerReply reply = handler({request.path, request.body});
        response.status = reply.status;
        response.set_content(reply.body, reply.content_type);
      };
}

}  // namespace

struct Server::Impl {
  httplib::Server server;
  std::thread thread;
  int port = 0;
};

Server::Server() : impl_(std::make_unique<Impl>()) {
  httplib::Server& server = impl_->server;
  server.new_task_queue = [] { return new BoundedPool; };  // httplib deletes it
  server.set_payload_max_length(kRequestBytes);
  server.set_read_timeout(kRequestSeconds);
  server.set_write_timeout(kRequestSeconds);
  server.set_keep_alive_timeout(kKeepAliveSeconds);
  server.set_tcp_nodelay(true);
  // Without httplib's SO_REUSEPORT, which would let two processes share the port unnoticed.
  server.set_socket_options([](int socket) {
    int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) {
      response.set_content(fmt::format("{}\n", response.status), "text/plain; charset=utf-8");
    }
  });
}

Server::~Server() { Stop(); }

void Server::Get(const std::string& path, Handler handler) {
  impl_->server.Get(Exactly(path), Wrap(std::move(handler)));
}

void Server::Post(const std::string& path, Handler handler) {
  impl_->server.Post(Exactly(path), Wrap(std::move(handler)));
}

Status Server::Start(const std::string& address, int port) {
  int bound = port;
  if (port == 0) {
    bound = impl_->server.bind_to_any_port(address);
  } else if (!impl_->server.bind_to_port(address, port)) {
    bound = -1;
  }
  if (bound <= 0) {
    return Unavailable(
        fmt::format("cannot listen on {} port {}: {}; choose another address or port",
                    address,
                    port,
                    std::strerror(errno)));
  }
  impl_->port = bound;
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  // stop() before the loop runs would be lost.
  while (!impl_->server.is_running())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return {};
}

int Server::port() const { return impl_->port; }

void Server::Stop() {
  if (!impl_->thread.joinable())
    return;
  impl_->server.stop();
  impl_->thread.join();
}

}  // namespace keywatch::http
