#include "connectors/http/curl_connection.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

namespace keywatch::http {
namespace {

void InitializeCurl() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)done;
}

curl_socket_t OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* connection = static_cast<CurlConnection*>(self);
  IpAddress ip{};
  if (address->family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address->addr, sizeof four);
    std::array<uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &four.sin_addr, bytes.size());
    ip = FromIpv4(bytes.data());
  } else if (address->family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &address->addr, std::min<size_t>(sizeof six, address->addrlen));
    std::memcpy(ip.data(), &six.sin6_addr, ip.size());
  }
  std::string_view refusal = Refusal(connection->addresses, ip);
  if (!refusal.empty()) {
    connection->refusal = refusal;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace

bool CurlConnection::Open(const ClientOptions& options) {
  InitializeCurl();
  addresses = options.addresses;
  handle.reset(curl_easy_init());
  if (handle == nullptr)
    return false;
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_PROXY, options.proxy.c_str());  // "" also switches the environment's proxies off
  Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  Set(CURLOPT_TCP_KEEPALIVE, 1L);
  Set(CURLOPT_SSL_VERIFYPEER, 1L);
  Set(CURLOPT_SSL_VERIFYHOST, 2L);
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) {
    Set(CURLOPT_CAINFO, options.ca_file.c_str());
    // In a resumed session nobody verifies: the CA that was replaced would go on counting.
    Set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  }
#if LIBCURL_VERSION_NUM >= 0x075700
  // From 7.87 on it keeps what it has read for 24 h, unless built with a folder of CAs (Debian's).
  // A ca_file counts from the next connection on; the system's many CAs, which take some
  // milliseconds to read, within a minute.
  Set(CURLOPT_CA_CACHE_TIMEOUT, options.ca_file.empty() ? 60L : 0L);
#endif
  if (!options.client_cert_file.empty()) {
    Set(CURLOPT_SSLCERT, options.client_cert_file.c_str());
    Set(CURLOPT_SSLKEY, options.client_key_file.c_str());
  }
  Set(CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket);
  Set(CURLOPT_OPENSOCKETDATA, this);
  return true;
}

TransportError Judge(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return TransportError::kNone;
    case CURLE_OPERATION_TIMEDOUT:
      return TransportError::kTimeout;
    case CURLE_COULDNT_CONNECT:
      return TransportError::kRefused;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return TransportError::kDns;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
      return TransportError::kReset;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return TransportError::kTls;
    case CURLE_ABORTED_BY_CALLBACK:
      return TransportError::kCancelled;
    default:
      return TransportError::kOther;
  }
}

}  // namespace keywatch::http
