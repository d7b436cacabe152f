// HTTP requests over libcurl: the connection is kept and used again, certificates are verified,
// redirects are not followed, every address is checked against an AddressPolicy at connect time,
// and proxies of the environment are ignored.
#pragma once

#include <chrono>
#include <map>
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
  // Files are read for each new connection; the system's CAs at most once a minute.
  std::string ca_file;           // PEM; "": the system's
  std::string client_cert_file;  // PEM, with its chain; "": no client certificate
  std::string client_key_file;   // PEM
  std::string proxy;             // "": none. The address policy then sees the proxy's address.
  std::string user_agent = "keywatch";
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  Headers headers;
  std::string_view body;        // sent as it is
  std::string method = "POST";  // GET and HEAD send no body
  std::string target = "";      // path and query, instead of those of the client's URL; "": these
  size_t most_body = 1024;      // of the answer, kept; it is read to its end, at most 1 MiB beyond
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

// One of a fixed few words: a metric label.
const char* ReasonOf(TransportError error);

struct Response {
  TransportError error = TransportError::kNone;
  std::string error_detail;
  int status = 0;                              // 0: no status line arrived
  std::map<std::string, std::string> headers;  // names in lower case; the first 32 KiB of them
  std::string body;                            // at most Request::most_body of it
  bool body_complete = true;                   // false: `body` is only the beginning

  // "" if absent.
  [[nodiscard]] std::string Header(const std::string& lower_name) const {
    auto found = headers.find(lower_name);
    return found == headers.end() ? "" : found->second;
  }
};

// Percent-encodes everything but letters, digits and "-._~" (RFC 3986 2.3), and `keep`.
std::string PercentEncode(std::string_view text, std::string_view keep = "");

// One request at a time, from one thread; Cancel() from any.
class Client {
 public:
  // Refuses a URL that is not http(s), that carries credentials, or that is plain http to another
  // host without allow_insecure_http. Opens no connection.
  static Result<std::unique_ptr<Client>> Make(const std::string& url, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Response Send(const Request& request);

  // Makes the running Send() return within a second with kCancelled, and every later one at once.
  void Cancel();

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::http
