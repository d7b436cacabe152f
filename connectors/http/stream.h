// A connection that bytes are written to: TLS over TCP, or plain TCP, for protocols that are not
// HTTP. The same rules as http::Client's: verified certificates, addresses held to a policy, no
// proxies of the environment.
//
// One thread; Cancel() from any.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "connectors/http/client.h"

namespace keywatch::http {

class Stream {
 public:
  // Of `options`: timeouts, addresses, files of certificates, proxy. Opens no connection.
  static std::unique_ptr<Stream> Make(std::string host, int port, bool tls, ClientOptions options);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Writes all, connecting first where there is no connection, or where the other side has closed
  // it since. kNone: the kernel has the bytes. Otherwise the connection is closed, and a part of
  // the bytes may have been sent.
  TransportError Write(std::string_view bytes, std::string* detail);

  // Makes a running Write() return within a second, and every later one at once.
  void Cancel();

 private:
  struct Impl;
  explicit Stream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::http
