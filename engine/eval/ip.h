// IPv4 addresses in text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace keywatch::eval {

// Dotted decimal, nothing around it.
std::optional<uint32_t> ParseIpv4(std::string_view text);

// An address and how many of its leading bits count: "10.1.2.3/8", or 32 where nothing is said.
struct Ipv4Network {
  uint32_t address = 0;
  unsigned bits = 32;  // 0 .. 32

  // The block's first and last address.
  [[nodiscard]] uint32_t first() const;
  [[nodiscard]] uint32_t last() const;
};
std::optional<Ipv4Network> ParseIpv4Network(std::string_view text);

// Whether an address, or a network "10.1.0.0/16", lies in the private ranges of RFC 1918; null if
// the text is neither
// (learn.microsoft.com/azure/data-explorer/kusto/query/ipv4-is-private-function).
std::optional<bool> Ipv4IsPrivate(std::string_view text);

}  // namespace keywatch::eval
