#include "connectors/http/address_policy.h"

#include <algorithm>
#include <cstddef>

namespace keywatch::http {
namespace {

using Four = std::array<uint8_t, 4>;

template <size_t N>
bool StartsWith(const IpAddress& address, const std::array<uint8_t, N>& prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

AddressClass ClassifyIpv4(const Four& a) {
  constexpr Four kAzure = {168, 63, 129, 16};
  constexpr Four kAlibaba = {100, 100, 100, 200};
  if (a == kAzure || a == kAlibaba || (a[0] == 169 && a[1] == 254))
    return AddressClass::kLinkLocal;
  if (a[0] == 127)
    return AddressClass::kLoopback;
  if (a[0] == 0 || a[0] >= 224 || (a[0] == 192 && a[1] == 0 && a[2] == 0)) {
    return AddressClass::kUnusable;
  }
  bool is_private = a[0] == 10 || (a[0] == 172 && (a[1] & 0xF0) == 16) ||
                    (a[0] == 192 && a[1] == 168) || (a[0] == 100 && (a[1] & 0xC0) == 64);
  return is_private ? AddressClass::kPrivate : AddressClass::kPublic;
}

Four FourAt(const IpAddress& address, size_t at) {
  return {address[at], address[at + 1], address[at + 2], address[at + 3]};
}

}  // namespace

IpAddress FromIpv4(const uint8_t* four_bytes) {
  IpAddress out{};
  out[10] = out[11] = 0xFF;
  std::copy(four_bytes, four_bytes + 4, out.begin() + 12);
  return out;
}

AddressClass Classify(const IpAddress& address) {
  constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  constexpr std::array<uint8_t, 12> kNat64 = {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0};
  constexpr std::array<uint8_t, 2> kSixToFour = {0x20, 0x02};
  constexpr IpAddress kAwsMetadata = {0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54};
  constexpr std::array<uint8_t, 15> kZeros = {};
  if (StartsWith(address, kMapped) || StartsWith(address, kNat64)) {
    return ClassifyIpv4(FourAt(address, 12));
  }
  if (StartsWith(address, kSixToFour))
    return ClassifyIpv4(FourAt(address, 2));
  if (StartsWith(address, kZeros)) {
    return address[15] == 1 ? AddressClass::kLoopback : AddressClass::kUnusable;
  }
  // ::a.b.c.d, long deprecated, still routed by some systems.
  constexpr std::array<uint8_t, 12> kCompatible = {};
  if (StartsWith(address, kCompatible))
    return ClassifyIpv4(FourAt(address, 12));
  if (address == kAwsMetadata)
    return AddressClass::kLinkLocal;
  if (address[0] == 0xFE && (address[1] & 0xC0) == 0x80)
    return AddressClass::kLinkLocal;
  if (address[0] == 0xFF)
    return AddressClass::kUnusable;
  bool is_private = (address[0] & 0xFE) == 0xFC || (address[0] == 0xFE && address[1] >= 0xC0);
  return is_private ? AddressClass::kPrivate : AddressClass::kPublic;
}

std::string_view Refusal(const AddressPolicy& policy, const IpAddress& address) {
  AddressClass kind = Classify(address);
  if (policy.only_loopback && kind != AddressClass::kLoopback) {
    return "plain http leads to a host that is not this one; use https, or set allow_insecure_http";
  }
  switch (kind) {
    case AddressClass::kPublic:
      return "";
    case AddressClass::kPrivate:
      return policy.allow_private ? ""
                                  : "a private address; add private to allow_addresses to allow it";
    case AddressClass::kLoopback:
      return policy.allow_loopback
                 ? ""
                 : "a loopback address; add loopback to allow_addresses to allow it";
    case AddressClass::kLinkLocal:
      return policy.allow_link_local ? ""
                                     : "a link-local or cloud metadata address; add link_local to "
                                       "allow_addresses to allow it";
    case AddressClass::kUnusable:
      return "not an address that a receiver can have";
  }
  return "";
}

}  // namespace keywatch::http
