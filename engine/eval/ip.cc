#include "engine/eval/ip.h"

#include <charconv>

namespace keywatch::eval {

std::optional<uint32_t> ParseIpv4(std::string_view text) {
  uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    unsigned value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    auto digits = static_cast<size_t>(end - text.data());
    if (error != std::errc() || digits > 3 || value > 255)
      return std::nullopt;
    address = address << 8 | value;
    text.remove_prefix(digits);
    if (part == 3)
      break;
    if (text.empty() || text[0] != '.')
      return std::nullopt;
    text.remove_prefix(1);
  }
  return text.empty() ? std::optional(address) : std::nullopt;
}

namespace {

uint32_t HostBits(unsigned bits) { return static_cast<uint32_t>((uint64_t{1} << (32 - bits)) - 1); }

}  // namespace

uint32_t Ipv4Network::first() const { return address & ~HostBits(bits); }
uint32_t Ipv4Network::last() const { return address | HostBits(bits); }

std::optional<Ipv4Network> ParseIpv4Network(std::string_view text) {
  Ipv4Network network;
  if (size_t slash = text.find('/'); slash != std::string_view::npos) {
    std::string_view suffix = text.substr(slash + 1);
    auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), network.bits);
    if (error != std::errc() || end != suffix.data() + suffix.size() || network.bits > 32) {
      return std::nullopt;
    }
    text = text.substr(0, slash);
  }
  std::optional<uint32_t> address = ParseIpv4(text);
  if (!address)
    return std::nullopt;
  network.address = *address;
  return network;
}

std::optional<bool> Ipv4IsPrivate(std::string_view text) {
  std::optional<Ipv4Network> network = ParseIpv4Network(text);
  if (!network)
    return std::nullopt;
  auto inside = [&](const Ipv4Network& range) {
    return range.first() <= network->first() && network->last() <= range.last();
  };
  return inside({0x0A000000, 8}) || inside({0xAC100000, 12}) || inside({0xC0A80000, 16});
}

}  // namespace keywatch::eval
