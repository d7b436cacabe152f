// A small HTTP server for metrics, health and status pages: routes with exact paths, answered by
// handlers. Plain HTTP; it listens on loopback unless told otherwise.
//
// Bounds: four handler threads, sixteen connections waiting for one, 64 KiB of request, 5 s to send
// it, 1 s of idle keep-alive.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/base/status.h"

namespace keywatch::http {

struct ServerRequest {
  std::string path;
  std::string body;
};

struct ServerReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Called by several threads at once.
using Handler = std::function<ServerReply(const ServerRequest&)>;

class Server {
 public:
  Server();
  ~Server();  // as Stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Routes are set before Start(). A GET route answers HEAD too. Unknown paths get 404.
  void Get(const std::string& path, Handler handler);
  void Post(const std::string& path, Handler handler);

  // Binds and serves in the background. Port 0 takes a free one.
  Status Start(const std::string& address = "127.0.0.1", int port = 0);
  [[nodiscard]] int port() const;
  // Answers what is being handled, then ends.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::http
