// HTTP requests over libcurl: the connection is kept and used again, certificates are verified,
// redirects are not followed, every address is checked against an AddressPolicy at connect time,
// and proxies of the environment are ignored.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/http/address_policy.h"
#include "engine/base/status.h"

namespace keywatch::http {

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{15'000};  // of the whole request
  AddressPolicy addresses;
  bool allow_insecure_http = false;  // http:// beyond loopback
  std::string ca_file;               // PEM; "": the system's
  std::string proxy;                 // "": none. The address policy then sees the proxy's address.
  std::string user_agent = "keywatch";
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  Headers headers;
  std::string_view body;  // sent as it is
};

enum class TransportError {
  kNone,
  kTimeout,
  kRefused,
  kReset,  // the connection broke before the answer was complete
  kDns,
  kTls,
  kPolicy,
  kCancelled,
  kOther,
};

struct Response {
  TransportError error = TransportError::kNone;
  std::string error_detail;
  int status = 0;           // 0: no status line arrived
  std::string retry_after;  // the header's text, "" if absent
  std::string location;     // of a redirect, "" if absent
  std::string body;         // its first 1,024 bytes
};

// One request at a time, from one thread; Cancel() from any.
class Client {
 public:
  // Refuses a URL that is not http(s), that carries credentials, or that is plain http to another
  // host without allow_insecure_http. Opens no connection.
  static Result<std::unique_ptr<Client>> Make(const std::string& url, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Response Post(const Request& request);

  // Makes the running Post() return within a second with kCancelled, and every later one at once.
  void Cancel();

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::http
