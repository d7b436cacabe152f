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

#include "connectors/http/content_encoding.h"
#include "connectors/http/server_tls.h"
#include "connectors/http/timed_server.h"

namespace keywatch::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kWaiting = 16;
constexpr size_t kReservedThreads = 4;
constexpr std::chrono::milliseconds kLateRequest{2'000};
constexpr std::chrono::milliseconds kLateWait{250};
constexpr time_t kReadSeconds = 5;  // over TLS, for one read
constexpr time_t kWriteSeconds = 5;
constexpr time_t kKeepAliveSeconds = 1;
constexpr char kEncoding[] = "content-encoding";
// Where a request's Content-Encoding is put before httplib looks: it would unpack by it, and take a
// body that was cut off for a whole one.
constexpr char kHiddenEncoding[] = "keywatch-content-encoding";

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
    out.headers.emplace(lower == kHiddenEncoding ? kEncoding : std::move(lower), value);
  }
  return out;
}

void HideEncoding(httplib::Headers* headers) {
  headers->erase(kHiddenEncoding);
  auto found = headers->find(kEncoding);
  if (found == headers->end())
    return;
  std::string value = found->second;
  headers->erase(kEncoding);
  headers->emplace(kHiddenEncoding, std::move(value));
}

// The body as it was sent. Read piece by piece, so that it is left where it becomes too long.
enum class BodyRead { kWhole, kBroken, kTooLong };
BodyRead ReadBody(const httplib::ContentReader& reader,
                  size_t most,
                  std::chrono::milliseconds time,
                  std::string* body) {
  const Clock::time_point end = Clock::now() + time;
  bool too_long = false;
  const bool read = reader([&](const char* data, size_t size) {
    too_long = body->size() + size > most;
    if (too_long || Clock::now() > end)
      return false;
    body->append(data, size);
    return true;
  });
  return too_long ? BodyRead::kTooLong : read ? BodyRead::kWhole : BodyRead::kBroken;
}

}  // namespace

struct Server::Impl {
  ServerOptions options;
  std::unique_ptr<ServerTls> tls;  // outlives `server`, whose handshakes ask it
  Status tls_read;
  std::unique_ptr<httplib::Server> server;
  TimedServer* timed = nullptr;  // `server`, if it is one
  std::thread thread;
  std::atomic<bool> stopping{false};
  std::atomic<size_t> streams{0};
  int port = 0;

  void Configure();
  void Answer(ServerReply reply, httplib::Response& response);
  ServerReply AnswerBody(const Handler& handler,
                         const httplib::ContentReader& reader,
                         ServerRequest* request,
                         const int& read_status) const;
  void Stream(ServerReply reply, httplib::Response& response);
};

void Server::Impl::Configure() {
  size_t threads = options.threads + options.most_streams + kReservedThreads;
  server->new_task_queue = [threads] { return new BoundedPool(threads); };  // httplib deletes it
  server->set_payload_max_length(options.most_body);
  server->set_read_timeout(kReadSeconds);
  server->set_write_timeout(kWriteSeconds);
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
  // The request is httplib's own and not const; only this view of it is.
  server->set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        if (timed != nullptr && !timed->Admit(request.path)) {
          Answer({503,
                  "text/plain; charset=utf-8",
                  "too many connections at once: try again in a second\n",
                  {{"Retry-After", "1"}, {"Connection", "close"}}},
                 response);
          return httplib::Server::HandlerResponse::Handled;
        }
        HideEncoding(&const_cast<httplib::Request&>(request).headers);
        return httplib::Server::HandlerResponse::Unhandled;
      });
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

// `read_status` is what httplib finds wrong while it reads.
ServerReply Server::Impl::AnswerBody(const Handler& handler,
                                     const httplib::ContentReader& reader,
                                     ServerRequest* request,
                                     const int& read_status) const {
  const auto refuse = [](int status, const std::string& text) {
    return ServerReply{status, "text/plain; charset=utf-8", text + "\n"};
  };
  const std::string too_long =
      fmt::format("the body is too long: expected at most {} bytes, unpacked", options.most_body);
  std::string body;
  const BodyRead read = ReadBody(reader, options.most_body, options.request_time, &body);
  if (read == BodyRead::kTooLong || read_status == 413)
    return refuse(413, too_long);
  if (read == BodyRead::kBroken)
    return refuse(400, "the body ended before its length, or did not come in time: send it again");
  Result<std::string> decoded =
      DecodeContent(request->Header(kEncoding), std::move(body), options.most_body);
  if (!decoded)
    return decoded.error().code() == StatusCode::kExhausted
               ? refuse(413, too_long)
               : refuse(400, decoded.error().message());
  request->body = std::move(*decoded);
  return handler(*request);
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
  if (timed != nullptr)
    timed->StreamBegins();
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
      [this](bool /*success*/) {
        --streams;
        if (timed != nullptr)
          timed->StreamEnds();
      });
}

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  const ServerOptions& kept = impl_->options;
  if (kept.cert_file.empty()) {
    TimedServerOptions times;
    times.most_connections = kept.threads;
    times.reserved = kept.reserved;
    times.request_time = kept.request_time;
    times.late_request_time = std::min(kept.request_time, kLateRequest);
    times.late_wait = kLateWait;
    times.write_time = std::chrono::seconds(kWriteSeconds);
    times.idle_time = std::chrono::seconds(kKeepAliveSeconds);
    auto timed = std::make_unique<TimedServer>(std::move(times));
    impl_->timed = timed.get();
    impl_->server = std::move(timed);
  } else {
    impl_->tls = std::make_unique<ServerTls>(
        ServerTlsFiles{kept.cert_file, kept.key_file, kept.client_ca_file});
    impl_->server = std::make_unique<httplib::SSLServer>([this](SSL_CTX& context) {
      impl_->tls_read = impl_->tls->Attach(&context);
      return impl_->tls_read.ok();
    });
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

void Server::Post(const std::string& path, Handler handler, Handler admit) {
  impl_->server->Post(Exactly(path),
                      [this, handler = std::move(handler), admit = std::move(admit)](
                          const httplib::Request& request,
                          httplib::Response& response,
                          const httplib::ContentReader& reader) {
                        ServerRequest translated = Translate(request, "");
                        ServerReply reply = admit ? admit(translated) : ServerReply{};
                        if (reply.status == 200)
                          reply = impl_->AnswerBody(handler, reader, &translated, response.status);
                        if (reply.status >= 400)
                          response.set_header("Connection",
                                              "close");  // of the body something may be unread
                        impl_->Answer(std::move(reply), response);
                      });
}

Status Server::Start(const std::string& address, int port) {
  if (!impl_->tls_read.ok())
    return impl_->tls_read;
  if (!impl_->server->is_valid())
    return Unavailable("TLS cannot be set up: out of memory");
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
