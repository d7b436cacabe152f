// A small HTTP server: routes answered by handlers, over plain HTTP or TLS. It listens on loopback
// unless told otherwise.
//
// Bounds: `threads` connections at once, `most_body` bytes of request (packed and unpacked),
// `request_time` to send it, 1 s of idle keep-alive, 5 s until the next bytes of an answer are
// taken, `most_streams` open streams, for which there are threads beside those. Whoever is slow has
// a thread for that time, and then loses the connection.
//
// Four threads more are kept for `reserved` paths: a connection beyond `threads` has 2 s to say
// what it wants; a reserved path is answered at once, any other when there is room within 250 ms,
// else with 503 and Retry-After. Beyond these, sixteen connections wait for a thread, and the
// others in the kernel. So slow clients do not keep a health check from its answer. Over TLS the
// end of a request holds for its body only (5 s for each read of its head), and no thread is
// reserved.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/status.h"

namespace keywatch::http {

struct ServerOptions {
  size_t threads = 16;
  std::chrono::milliseconds request_time{10'000};
  std::vector<std::string> reserved;  // paths that are answered when all threads are busy
  size_t most_streams = 0;            // of ServerReply::stream; beyond: 503
  size_t most_body = 64 << 10;
  // Read again when they change (server_tls.h).
  std::string cert_file;       // PEM, with its chain; "": plain HTTP
  std::string key_file;        // PEM
  std::string client_ca_file;  // PEM; given: clients must show a certificate that it signed
  std::function<void(int status)> on_answer;  // told of every answer; any thread
};

struct ServerRequest {
  std::string method;
  std::string path;                            // decoded, without the query
  std::map<std::string, std::string> query;    // decoded; of a repeated name, one
  std::map<std::string, std::string> headers;  // names in lower case; of a repeated name, one
  std::string remote_address;
  std::string body;  // decompressed as Content-Encoding (gzip, br) says

  // "" if absent.
  [[nodiscard]] std::string Header(const std::string& lower_name) const {
    auto found = headers.find(lower_name);
    return found == headers.end() ? "" : found->second;
  }
  [[nodiscard]] std::string Query(const std::string& name) const {
    auto found = query.find(name);
    return found == query.end() ? "" : found->second;
  }
};

struct ServerReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
  // If set, the body is what it appends, call after call, until it returns false or the client has
  // gone. It may wait for up to a second, and append nothing.
  std::function<bool(std::string*)> stream = nullptr;
};

// Called by several threads at once.
using Handler = std::function<ServerReply(const ServerRequest&)>;

class Server {
 public:
  explicit Server(ServerOptions options = {});
  ~Server();  // as Stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Routes are set before Start(); the first that fits answers. A GET route answers HEAD too.
  // Unknown paths get 404.
  void Get(const std::string& path, Handler handler);
  // `admit` is asked before the body is read; an answer other than 200 is the answer.
  void Post(const std::string& path, Handler handler, Handler admit = nullptr);
  // Every path that begins with `prefix`.
  void GetUnder(const std::string& prefix, Handler handler);

  // Binds and serves in the background. Port 0 takes a free one. Refuses a certificate or key that
  // cannot be read.
  Status Start(const std::string& address = "127.0.0.1", int port = 0);
  [[nodiscard]] int port() const;
  // Answers what is being handled, ends the streams, then returns.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::http
