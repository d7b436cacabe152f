#include "connectors/http/address_policy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace keywatch::http {
namespace {

IpAddress Ip(const char* text) {
  uint8_t four[4];
  if (inet_pton(AF_INET, text, four) == 1)
    return FromIpv4(four);
  IpAddress six{};
  EXPECT_EQ(inet_pton(AF_INET6, text, six.data()), 1) << text;
  return six;
}

TEST(AddressPolicyTest, Classes) {
  const std::pair<const char*, AddressClass> cases[] = {
      {"203.0.113.7", AddressClass::kPublic},
      {"8.8.8.8", AddressClass::kPublic},
      {"172.15.0.1", AddressClass::kPublic},
      {"172.32.0.1", AddressClass::kPublic},
      {"100.128.0.1", AddressClass::kPublic},
      {"10.0.0.1", AddressClass::kPrivate},
      {"172.16.0.1", AddressClass::kPrivate},
      {"172.31.255.255", AddressClass::kPrivate},
      {"192.168.1.1", AddressClass::kPrivate},
      {"100.64.0.1", AddressClass::kPrivate},
      {"127.0.0.1", AddressClass::kLoopback},
      {"127.255.0.1", AddressClass::kLoopback},
      {"169.254.169.254", AddressClass::kLinkLocal},
      {"169.254.0.1", AddressClass::kLinkLocal},
      {"168.63.129.16", AddressClass::kLinkLocal},
      {"100.100.100.200", AddressClass::kLinkLocal},
      {"0.0.0.0", AddressClass::kUnusable},
      {"0.1.2.3", AddressClass::kUnusable},
      {"224.0.0.1", AddressClass::kUnusable},
      {"255.255.255.255", AddressClass::kUnusable},
      {"::1", AddressClass::kLoopback},
      {"::", AddressClass::kUnusable},
      {"fe80::1", AddressClass::kLinkLocal},
      {"febf::1", AddressClass::kLinkLocal},
      {"fd00:ec2::254", AddressClass::kLinkLocal},
      {"fd00::1", AddressClass::kPrivate},
      {"fc00::1", AddressClass::kPrivate},
      {"fec0::1", AddressClass::kPrivate},
      {"ff02::1", AddressClass::kUnusable},
      {"2001:4860::1", AddressClass::kPublic},
      // One address, many spellings.
      {"::ffff:169.254.169.254", AddressClass::kLinkLocal},
      {"::ffff:127.0.0.1", AddressClass::kLoopback},
      {"64:ff9b::169.254.169.254", AddressClass::kLinkLocal},
      {"2002:a9fe:a9fe::1", AddressClass::kLinkLocal},
      {"::169.254.169.254", AddressClass::kLinkLocal},
      {"::ffff:203.0.113.7", AddressClass::kPublic},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(Classify(Ip(text)), expected) << text;
}

TEST(AddressPolicyTest, Refusals) {
  AddressPolicy usual;
  EXPECT_EQ(Refusal(usual, Ip("203.0.113.7")), "");
  EXPECT_EQ(Refusal(usual, Ip("10.0.0.1")), "");
  EXPECT_EQ(Refusal(usual, Ip("127.0.0.1")), "");
  EXPECT_NE(Refusal(usual, Ip("169.254.169.254")), "");
  EXPECT_NE(Refusal(usual, Ip("0.0.0.0")), "");
  AddressPolicy open;
  open.allow_link_local = true;
  EXPECT_EQ(Refusal(open, Ip("169.254.169.254")), "");
  AddressPolicy strict;
  strict.allow_private = strict.allow_loopback = false;
  EXPECT_NE(Refusal(strict, Ip("10.0.0.1")), "");
  EXPECT_NE(Refusal(strict, Ip("::1")), "");
  AddressPolicy plain;
  plain.only_loopback = true;
  EXPECT_EQ(Refusal(plain, Ip("127.0.0.1")), "");
  EXPECT_NE(Refusal(plain, Ip("203.0.113.7")), "");
  // What the text advises is a key and a value of the configuration.
  EXPECT_NE(Refusal(strict, Ip("10.0.0.1")).find("add private to allow_addresses"),
            std::string_view::npos);
}

}  // namespace
}  // namespace keywatch::http
