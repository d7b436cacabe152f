// IPv4 addresses in text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace keywatch::eval {

// Dotted decimal, nothing around it.
std::optional<uint32_t> ParseIpv4(std::string_view text);

// Whether an address, or a network "10.1.0.0/16", lies in the private ranges of RFC 1918; null if
// the text is neither
// (learn.microsoft.com/azure/data-explorer/kusto/query/ipv4-is-private-function).
std::optional<bool> Ipv4IsPrivate(std::string_view text);

}  // namespace keywatch::eval
