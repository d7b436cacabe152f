#include "connectors/http/stream.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <poll.h>

#include "connectors/http/curl_connection.h"

namespace keywatch::http {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kLookMs = 200;  // for Cancel()

}  // namespace

struct Stream::Impl {
  std::string url;
  ClientOptions options;
  std::optional<CurlConnection> connection;
  std::atomic<bool> cancelled{false};

  TransportError Connect(std::string* detail);
  TransportError Fail(TransportError error, const std::string& why, std::string* detail) {
    connection.reset();
    *detail = why;
    return error;
  }
  [[nodiscard]] curl_socket_t Socket() const {
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(connection->handle.get(), CURLINFO_ACTIVESOCKET, &socket);
    return socket;
  }
  // Whether the other side has closed, or said something that is not to be expected.
  [[nodiscard]] bool IsGone() const;

  static int OnProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Impl*>(self)->cancelled ? 1 : 0;
  }
};

TransportError Stream::Impl::Connect(std::string* detail) {
  connection.emplace();
  if (!connection->Open(options))
    return Fail(TransportError::kOther, "out of memory", detail);
  std::array<char, CURL_ERROR_SIZE> text{};
  connection->Set(CURLOPT_URL, url.c_str());
  connection->Set(CURLOPT_CONNECT_ONLY, 1L);
  connection->Set(CURLOPT_SSL_ENABLE_ALPN, 0L);  // it is not HTTP that we speak
  connection->Set(CURLOPT_NOPROGRESS, 0L);
  connection->Set(CURLOPT_XFERINFOFUNCTION, &Impl::OnProgress);
  connection->Set(CURLOPT_XFERINFODATA, this);
  connection->Set(CURLOPT_ERRORBUFFER, text.data());
  CURLcode code = curl_easy_perform(connection->handle.get());
  connection->Set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  if (code == CURLE_OK)
    return TransportError::kNone;
  if (!connection->refusal.empty()) {
    std::string why = "the address policy refused a connection: " + connection->refusal;
    return Fail(TransportError::kPolicy, why, detail);
  }
  return Fail(Judge(code), text[0] != '\0' ? text.data() : curl_easy_strerror(code), detail);
}

bool Stream::Impl::IsGone() const {
  std::array<char, 512> block{};
  // TLS has messages of its own (tickets) that make a socket readable: they are read over.
  while (true) {
    size_t count = 0;
    CURLcode code = curl_easy_recv(connection->handle.get(), block.data(), block.size(), &count);
    if (code == CURLE_AGAIN)
      return false;
    if (code != CURLE_OK || count == 0)
      return true;
  }
}

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stream::~Stream() = default;

std::unique_ptr<Stream> Stream::Make(std::string host, int port, bool tls, ClientOptions options) {
  auto impl = std::make_unique<Impl>();
  bool is_ipv6 = host.find(':') != std::string::npos && host.front() != '[';
  impl->url =
      fmt::format("{}://{}:{}/", tls ? "https" : "http", is_ipv6 ? "[" + host + "]" : host, port);
  impl->options = std::move(options);
  return std::unique_ptr<Stream>(new Stream(std::move(impl)));
}

TransportError Stream::Write(std::string_view bytes, std::string* detail) {
  if (impl_->cancelled)
    return impl_->Fail(TransportError::kCancelled, "stopping", detail);
  if (impl_->connection && impl_->IsGone())
    impl_->connection.reset();
  if (!impl_->connection) {
    if (TransportError error = impl_->Connect(detail); error != TransportError::kNone)
      return error;
  }
  Clock::time_point deadline = Clock::now() + impl_->options.timeout;
  while (!bytes.empty()) {
    size_t sent = 0;
    CURLcode code =
        curl_easy_send(impl_->connection->handle.get(), bytes.data(), bytes.size(), &sent);
    bytes.remove_prefix(std::min(sent, bytes.size()));
    if (code == CURLE_OK)
      continue;
    if (code != CURLE_AGAIN)
      return impl_->Fail(TransportError::kReset, curl_easy_strerror(code), detail);
    if (impl_->cancelled)
      return impl_->Fail(TransportError::kCancelled, "stopping", detail);
    if (Clock::now() >= deadline)
      return impl_->Fail(TransportError::kTimeout, "the receiver does not read", detail);
    pollfd ready{impl_->Socket(), POLLOUT, 0};
    (void)poll(&ready, 1, kLookMs);
  }
  return TransportError::kNone;
}

void Stream::Cancel() { impl_->cancelled = true; }

}  // namespace keywatch::http
