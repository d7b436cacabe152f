#include "connectors/http/client.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstring>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include "connectors/http/curl_connection.h"

namespace keywatch::http {
namespace {

constexpr size_t kBodyBeyond = 1 << 20;  // an answer that goes on so far beyond what is kept is cut
constexpr size_t kHeadersKept = 32 << 10;

struct UrlCloser {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct ListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string UrlPart(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
    return "";
  std::string out(text);
  curl_free(text);
  return out;
}

bool IsLoopbackName(const std::string& host) {
  if (host == "localhost" || host == "[::1]")
    return true;
  in_addr four{};
  return inet_pton(AF_INET, host.c_str(), &four) == 1 && (ntohl(four.s_addr) >> 24) == 127;
}

Status CheckUrl(const std::string& url,
                const ClientOptions& options,
                bool* plain,
                std::string* origin) {
  std::unique_ptr<CURLU, UrlCloser> parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return InvalidInput("expected a URL that begins with https://, found something else");
  }
  std::string scheme = UrlPart(parsed.get(), CURLUPART_SCHEME);
  std::string host = UrlPart(parsed.get(), CURLUPART_HOST);
  if (scheme != "http" && scheme != "https") {
    return InvalidInput("expected a URL that begins with https://, found scheme: " + scheme);
  }
  if (!UrlPart(parsed.get(), CURLUPART_USER).empty() ||
      !UrlPart(parsed.get(), CURLUPART_PASSWORD).empty()) {
    return InvalidInput("the URL of host " + host +
                        " carries a user name or password; put credentials into a header");
  }
  *plain = scheme == "http";
  std::string port = UrlPart(parsed.get(), CURLUPART_PORT);
  *origin = scheme + "://" + host + (port.empty() ? "" : ":" + port);
  if (*plain && !options.allow_insecure_http && !IsLoopbackName(host)) {
    return InvalidInput("plain http to host " + host +
                        " would show alerts to the network; use https, or set allow_insecure_http");
  }
  return {};
}

bool IsUnreserved(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("-._~", c) != nullptr;
}

}  // namespace

std::string PercentEncode(std::string_view text, std::string_view keep) {
  std::string out;
  for (char c : text) {
    if (c != '\0' && (IsUnreserved(c) || keep.find(c) != keep.npos)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

const char* ReasonOf(TransportError error) {
  switch (error) {
    case TransportError::kTimeout:
      return "timeout";
    case TransportError::kRefused:
      return "refused";
    case TransportError::kReset:
      return "reset";
    case TransportError::kDns:
      return "dns";
    case TransportError::kTls:
      return "tls";
    case TransportError::kPolicy:
      return "policy";
    case TransportError::kNone:
    case TransportError::kCancelled:
    case TransportError::kOther:
      return "network";
  }
  return "network";
}

struct Client::Impl {
  ClientOptions options;
  std::string url;
  std::string origin;  // scheme, host and port
  CurlConnection connection;
  std::atomic<bool> cancelled{false};
  Response* response = nullptr;  // of the running request
  size_t most_body = 0;
  size_t body_seen = 0;
  size_t header_bytes = 0;
  bool body_cut = false;

  void Configure();
  void SetMethod(const Request& request);
  template <class Value>
  void Set(CURLoption option, Value value) {
    connection.Set(option, value);
  }

  // Callbacks of libcurl; `self` is an Impl.
  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static int OnProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
};

size_t Client::Impl::OnBody(char* data, size_t size, size_t count, void* self) {
  auto* impl = static_cast<Impl*>(self);
  size_t bytes = size * count;
  std::string& body = impl->response->body;
  body.append(data, std::min(bytes, impl->most_body - body.size()));
  impl->body_seen += bytes;
  impl->body_cut = impl->body_seen > impl->most_body + kBodyBeyond;
  return impl->body_cut ? 0 : bytes;
}

size_t Client::Impl::OnHeader(char* data, size_t size, size_t count, void* self) {
  auto* impl = static_cast<Impl*>(self);
  std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) {  // of the answer after a "100 Continue" or a proxy's
    impl->response->headers.clear();
    impl->header_bytes = 0;
  }
  size_t colon = line.find(':');
  impl->header_bytes += line.size();
  if (colon == std::string_view::npos || impl->header_bytes > kHeadersKept)
    return line.size();
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front())) != 0) {
    value.remove_prefix(1);
  }
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back())) != 0) {
    value.remove_suffix(1);
  }
  impl->response->headers.emplace(std::move(name), value);
  return line.size();
}

int Client::Impl::OnProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Impl*>(self)->cancelled ? 1 : 0;
}

void Client::Impl::Configure() {
  Set(CURLOPT_USERAGENT, options.user_agent.c_str());
  Set(CURLOPT_WRITEFUNCTION, &Impl::OnBody);
  Set(CURLOPT_WRITEDATA, this);
  Set(CURLOPT_HEADERFUNCTION, &Impl::OnHeader);
  Set(CURLOPT_HEADERDATA, this);
  Set(CURLOPT_NOPROGRESS, 0L);
  Set(CURLOPT_XFERINFOFUNCTION, &Impl::OnProgress);
  Set(CURLOPT_XFERINFODATA, this);
}

void Client::Impl::SetMethod(const Request& request) {
  bool bodiless = request.method == "GET" || request.method == "HEAD";
  Set(CURLOPT_NOBODY, request.method == "HEAD" ? 1L : 0L);
  if (bodiless) {
    Set(CURLOPT_HTTPGET, request.method == "GET" ? 1L : 0L);
  } else {
    Set(CURLOPT_POST, 1L);
    Set(CURLOPT_POSTFIELDS, request.body.data());
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::Make(const std::string& url, ClientOptions options) {
  bool plain = false;
  std::string origin;
  KEYWATCH_RETURN_IF_ERROR(CheckUrl(url, options, &plain, &origin));
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  // What "localhost" means is up to the resolver: the address is held to it as well.
  impl->options.addresses.only_loopback = plain && !impl->options.allow_insecure_http;
  impl->url = url;
  impl->origin = std::move(origin);
  if (!impl->connection.Open(impl->options))
    return Unavailable("libcurl gave no handle: out of memory");
  impl->Configure();
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Response Client::Send(const Request& request) {
  Response response;
  if (impl_->cancelled) {
    response.error = TransportError::kCancelled;
    return response;
  }
  std::unique_ptr<curl_slist, ListCloser> headers;
  auto add = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr)
      return;
    (void)headers.release();
    headers.reset(longer);
  };
  add("Expect:");  // no "100-continue" round trip before the body
  for (const auto& [name, value] : request.headers)
    add(name + (value.empty() ? ";" : ": " + value));  // libcurl's way to send an empty value
  impl_->response = &response;
  impl_->most_body = request.most_body;
  impl_->body_seen = 0;
  impl_->header_bytes = 0;
  impl_->body_cut = false;
  impl_->connection.refusal.clear();
  std::array<char, CURL_ERROR_SIZE> detail{};
  impl_->SetMethod(request);
  impl_->Set(CURLOPT_ERRORBUFFER, detail.data());
  impl_->Set(CURLOPT_HTTPHEADER, headers.get());
  std::string url = request.target.empty() ? impl_->url : impl_->origin + request.target;
  impl_->Set(CURLOPT_URL, url.c_str());
  CURLcode code = curl_easy_perform(impl_->connection.handle.get());
  long status = 0;
  curl_easy_getinfo(impl_->connection.handle.get(), CURLINFO_RESPONSE_CODE, &status);
  impl_->Set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  impl_->Set(CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
  impl_->Set(CURLOPT_POSTFIELDS, static_cast<char*>(nullptr));
  impl_->response = nullptr;
  response.status = static_cast<int>(status);
  response.body_complete = impl_->body_seen == response.body.size();
  // An answer that was cut off for its length is an answer.
  response.error = impl_->body_cut ? TransportError::kNone : Judge(code);
  if (response.error != TransportError::kNone && !impl_->connection.refusal.empty()) {
    response.error = TransportError::kPolicy;
    response.error_detail = "the address policy refused a connection to " + impl_->origin + ": " +
                            impl_->connection.refusal;
  } else if (response.error != TransportError::kNone) {
    response.error_detail = detail[0] != '\0' ? detail.data() : curl_easy_strerror(code);
  }
  return response;
}

void Client::Cancel() { impl_->cancelled = true; }

}  // namespace keywatch::http
