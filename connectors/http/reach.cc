#include "connectors/http/reach.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connectors/http/curl_connection.h"

namespace keywatch::http {
namespace {

struct AddressCloser {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

}  // namespace

Reached Reach(const std::string& url, const ClientOptions& options) {
  if (auto checked = Client::Make(url, options); !checked)
    return {TransportError::kPolicy, checked.error().message()};
  ClientOptions held = options;
  held.addresses.only_loopback = url.starts_with("http://") && !options.allow_insecure_http;
  CurlConnection connection;
  if (!connection.Open(held))
    return {TransportError::kOther, "out of memory"};
  std::array<char, CURL_ERROR_SIZE> text{};
  connection.Set(CURLOPT_URL, url.c_str());
  connection.Set(CURLOPT_CONNECT_ONLY, 1L);
  connection.Set(CURLOPT_ERRORBUFFER, text.data());
  const CURLcode code = curl_easy_perform(connection.handle.get());
  connection.Set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  if (code == CURLE_OK)
    return {};
  if (!connection.refusal.empty()) {
    return {TransportError::kPolicy,
            "the address policy refused a connection: " + connection.refusal};
  }
  return {Judge(code), text[0] != '\0' ? text.data() : curl_easy_strerror(code)};
}

Status CanBind(const std::string& address, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
  std::unique_ptr<addrinfo, AddressCloser> list(found);
  if (code != 0)
    return InvalidInput(fmt::format("{}: {}", address, gai_strerror(code)));
  const int descriptor = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0)
    return Unavailable(std::strerror(errno));
  const int reuse = 1;
  (void)setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
  const int bound = bind(descriptor, list->ai_addr, list->ai_addrlen);
  const int why = errno;
  close(descriptor);
  if (bound == 0)
    return {};
  return Unavailable(fmt::format("{}:{}: {}", address, port, std::strerror(why)));
}

}  // namespace keywatch::http
