#include "connectors/decode/address.h"

#include <array>
#include <cstring>
#include <optional>

#include <arpa/inet.h>

namespace keywatch::decode {
namespace {

bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5)
    return false;
  int port = 0;
  for (char c : text) {
    if (c < '0' || c > '9')
      return false;
    port = port * 10 + (c - '0');
  }
  return port <= 65535;
}

// The text of the address alone, if it reads as one; inet_pton wants it terminated.
std::optional<std::string> Canonical(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.empty() || text.size() >= terminated.size())
    return std::nullopt;
  std::memcpy(terminated.data(), text.data(), text.size());
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> printed{};
  if (inet_pton(AF_INET, terminated.data(), bytes.data()) == 1)
    return std::string(text);
  if (inet_pton(AF_INET6, terminated.data(), bytes.data()) != 1)
    return std::nullopt;
  constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::memcmp(bytes.data(), kMapped.data(), kMapped.size()) == 0) {
    inet_ntop(AF_INET, bytes.data() + kMapped.size(), printed.data(), printed.size());
  } else {
    inet_ntop(AF_INET6, bytes.data(), printed.data(), printed.size());
  }
  return std::string(printed.data());
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

}  // namespace

std::string CanonicalAddress(std::string_view text) {
  std::string_view address = Trim(text);
  if (address.starts_with('[')) {
    size_t close = address.find(']');
    if (close == std::string_view::npos)
      return std::string(text);
    std::string_view rest = address.substr(close + 1);
    if (!rest.empty() && (rest[0] != ':' || !IsPort(rest.substr(1))))
      return std::string(text);
    address = address.substr(1, close - 1);
  } else {
    // A single colon can only be IPv4 and a port.
    size_t colon = address.find(':');
    if (colon != std::string_view::npos && address.find(':', colon + 1) == std::string_view::npos) {
      if (!IsPort(address.substr(colon + 1)))
        return std::string(text);
      address = address.substr(0, colon);
    }
  }
  if (size_t zone = address.find('%'); zone != std::string_view::npos)
    address = address.substr(0, zone);
  std::optional<std::string> canonical = Canonical(address);
  return canonical ? *canonical : std::string(text);
}

}  // namespace keywatch::decode
