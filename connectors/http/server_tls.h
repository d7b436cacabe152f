// The certificate, key and client CA of a TLS server, read again when their files change: whoever
// renews them (cert-manager, certbot) restarts nothing.
//
// Looked at when a client connects, at most once a second: connections that stand are not touched,
// and without clients nothing is read. Files that cannot be used, such as a new certificate whose
// key is still to be written, change nothing: clients are served with the last good ones, the log
// says once what is wrong, and the files are tried again.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include <openssl/ssl.h>

#include "engine/base/status.h"

namespace keywatch::http {

struct ServerTlsFiles {
  std::string cert;       // PEM, with its chain
  std::string key;        // PEM
  std::string client_ca;  // PEM; "": clients need no certificate
};

class ServerTls {
 public:
  explicit ServerTls(ServerTlsFiles files,
                     std::chrono::milliseconds look_interval = std::chrono::seconds(1));
  ServerTls(const ServerTls&) = delete;
  ServerTls& operator=(const ServerTls&) = delete;

  // Reads the files and has the connections of `context` use them, now and as they change; this
  // must outlive `context`. The error names the file and says what to do.
  Status Attach(SSL_CTX* context);

 private:
  using Context = std::shared_ptr<SSL_CTX>;

  [[nodiscard]] std::string Versions() const;
  [[nodiscard]] Result<Context> Read() const;
  Context Current();
  static int OnHandshake(SSL* connection, void* self);

  const ServerTlsFiles files_;
  const std::chrono::milliseconds look_interval_;

  std::mutex mutex_;  // guards all below
  Context current_;   // holds what was read; makes no connections
  std::string versions_;
  std::string problem_;  // of the files as they are now; "": in use
  std::chrono::steady_clock::time_point next_look_;
};

}  // namespace keywatch::http
