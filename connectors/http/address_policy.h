// May we connect to this address? A pure answer, asked for each address that a name resolved to, at
// the moment of connecting: a name that is checked first and resolved again later can change
// between.
//
// A webhook URL comes from configuration, but what answers behind a name does not. Link-local
// addresses are refused because cloud metadata services, which hand out credentials, live there.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace keywatch::http {

// IPv6 in network order; IPv4 as ::ffff:a.b.c.d.
using IpAddress = std::array<uint8_t, 16>;

IpAddress FromIpv4(const uint8_t* four_bytes);

enum class AddressClass { kPublic, kPrivate, kLoopback, kLinkLocal, kUnusable };

// IPv4 addresses inside IPv6 (mapped, NAT64, 6to4) are judged by what they lead to.
//   kLinkLocal  169.254/16, fe80::/10, and the metadata addresses elsewhere: 168.63.129.16 (Azure),
//               100.100.100.200 (Alibaba), fd00:ec2::254 (AWS)
//   kPrivate    10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7, fec0::/10
//   kUnusable   0/8, 192.0.0/24, 224/4, 240/4, ::, ff00::/8
AddressClass Classify(const IpAddress& address);

struct AddressPolicy {
  bool allow_loopback = true;
  bool allow_private = true;
  bool allow_link_local = false;
  bool only_loopback = false;  // plain http without allow_insecure_http
};

// "" if the policy allows the address, else why not and which setting allows it.
std::string_view Refusal(const AddressPolicy& policy, const IpAddress& address);

}  // namespace keywatch::http
