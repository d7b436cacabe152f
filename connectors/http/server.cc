#include "connectors/http/server.h"

#include <algorithm>
#include <atomic>
#include <cctype>
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

constexpr size_t kWaiting = 16;
constexpr time_t kRequestSeconds = 5;
constexpr time_t kKeepAliveSeconds = 1;

// httplib's own queue has no bound. Here the accepting thread waits when the queue is full, and
// further connections wait in the kernel, whose backlog is bounded.
class BoundedPool : public httplib::TaskQueue {
 public:
  explicit BoundedPool(size_t threads) {
    for (size_t i = 0; i < threads; ++i)
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

ServerRequest Translate(const httplib::Request& request, std::string body) {
  ServerRequest out;
  out.method = request.method;
  out.path = request.path;
  out.remote_address = request.remote_addr;
  out.body = std::move(body);
  for (const auto& [name, value] : request.params)
    out.query.emplace(name, value);
  for (const auto& [name, value] : request.headers) {
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    out.headers.emplace(std::move(lower), value);
  }
  return out;
}

}  // namespace

struct Server::Impl {
  ServerOptions options;
  std::unique_ptr<httplib::Server> server;
  std::thread thread;
  std::atomic<bool> stopping{false};
  std::atomic<size_t> streams{0};
  int port = 0;

  void Configure();
  void Answer(ServerReply reply, httplib::Response& response);
  void Stream(ServerReply reply, httplib::Response& response);
};

void Server::Impl::Configure() {
  size_t threads = options.threads + options.most_streams;
  server->new_task_queue = [threads] { return new BoundedPool(threads); };  // httplib deletes it
  server->set_payload_max_length(options.most_body);
  server->set_read_timeout(kRequestSeconds);
  server->set_write_timeout(kRequestSeconds);
  server->set_keep_alive_timeout(kKeepAliveSeconds);
  server->set_tcp_nodelay(true);
  // Without httplib's SO_REUSEPORT, which would let two processes share the port unnoticed.
  server->set_socket_options([](int socket) {
    int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  if (options.on_answer) {
    server->set_logger([this](const httplib::Request&, const httplib::Response& response) {
      options.on_answer(response.status);
    });
  }
  server->set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) {
      response.set_content(fmt::format("{}\n", response.status), "text/plain; charset=utf-8");
    }
  });
}

void Server::Impl::Answer(ServerReply reply, httplib::Response& response) {
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers)
    response.set_header(name, value);
  if (reply.stream) {
    Stream(std::move(reply), response);
  } else {
    response.set_content(reply.body, reply.content_type);
  }
}

void Server::Impl::Stream(ServerReply reply, httplib::Response& response) {
  if (streams.fetch_add(1) >= options.most_streams) {
    --streams;
    response.status = 503;
    response.set_header("Retry-After", "10");
    response.set_content("too many open streams: close another one, or try again later\n",
                         "text/plain; charset=utf-8");
    return;
  }
  response.set_chunked_content_provider(
      reply.content_type,
      [this, next = std::move(reply.stream)](size_t /*offset*/, httplib::DataSink& sink) {
        std::string piece;
        bool more = !stopping && next(&piece);
        if (!piece.empty() && !sink.write(piece.data(), piece.size()))
          return false;
        if (!more)
          sink.done();
        return true;
      },
      [this](bool /*success*/) { --streams; });
}

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  const ServerOptions& kept = impl_->options;
  if (kept.cert_file.empty()) {
    impl_->server = std::make_unique<httplib::Server>();
  } else {
    impl_->server = std::make_unique<httplib::SSLServer>(
        kept.cert_file.c_str(),
        kept.key_file.c_str(),
        kept.client_ca_file.empty() ? nullptr : kept.client_ca_file.c_str());
  }
  impl_->Configure();
}

Server::~Server() { Stop(); }

void Server::Get(const std::string& path, Handler handler) {
  impl_->server->Get(Exactly(path),
                     [this, handler = std::move(handler)](const httplib::Request& request,
                                                          httplib::Response& response) {
                       impl_->Answer(handler(Translate(request, "")), response);
                     });
}

void Server::GetUnder(const std::string& prefix, Handler handler) {
  impl_->server->Get(Exactly(prefix) + "[^\n]*",
                     [this, handler = std::move(handler)](const httplib::Request& request,
                                                          httplib::Response& response) {
                       impl_->Answer(handler(Translate(request, "")), response);
                     });
}

// The body is read piece by piece: what is small when compressed may be huge.
void Server::Post(const std::string& path, Handler handler, Handler admit) {
  impl_->server->Post(Exactly(path),
                      [this, handler = std::move(handler), admit = std::move(admit)](
                          const httplib::Request& request,
                          httplib::Response& response,
                          const httplib::ContentReader& reader) {
                        if (admit) {
                          ServerReply admitted = admit(Translate(request, ""));
                          if (admitted.status != 200) {
                            impl_->Answer(std::move(admitted), response);
                            response.set_header("Connection", "close");  // the body is unread
                            return;
                          }
                        }
                        std::string body;
                        bool too_long = false;
                        bool read = reader([&](const char* data, size_t size) {
                          too_long = body.size() + size > impl_->options.most_body;
                          if (!too_long)
                            body.append(data, size);
                          return !too_long;
                        });
                        if (read) {
                          impl_->Answer(handler(Translate(request, std::move(body))), response);
                          return;
                        }
                        if (too_long)
                          response.status = 413;
                        if (response.status < 400)
                          response.status = 400;
                        response.set_header("Connection",
                                            "close");  // the rest of the body is still to come
                      });
}

Status Server::Start(const std::string& address, int port) {
  if (!impl_->server->is_valid()) {
    return InvalidInput(fmt::format(
        "the certificate {}, its key {} or the client CA {} cannot be used: expected PEM files "
        "that this user may read, with a key that belongs to the certificate",
        impl_->options.cert_file,
        impl_->options.key_file,
        impl_->options.client_ca_file));
  }
  int bound = port;
  if (port == 0) {
    bound = impl_->server->bind_to_any_port(address);
  } else if (!impl_->server->bind_to_port(address, port)) {
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
  impl_->thread = std::thread([this] { impl_->server->listen_after_bind(); });
  // stop() before the loop runs would be lost.
  while (!impl_->server->is_running())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return {};
}

int Server::port() const { return impl_->port; }

void Server::Stop() {
  if (!impl_->thread.joinable())
    return;
  impl_->stopping = true;
  impl_->server->stop();
  impl_->thread.join();
}

}  // namespace keywatch::http
