#include "connectors/decode/address.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace keywatch::decode {
namespace {

TEST(Address, HasOneSpelling) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"203.0.113.7", "203.0.113.7"},
      {" 203.0.113.7 ", "203.0.113.7"},
      {"203.0.113.7:443", "203.0.113.7"},
      {"203.0.113.7:0", "203.0.113.7"},
      {"203.0.113.7:65535", "203.0.113.7"},
      {"::ffff:203.0.113.7", "203.0.113.7"},
      {"::FFFF:203.0.113.7", "203.0.113.7"},
      {"::ffff:cb00:7107", "203.0.113.7"},
      {"0:0:0:0:0:FFFF:203.0.113.7", "203.0.113.7"},
      {"[::ffff:203.0.113.7]:443", "203.0.113.7"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"2001:db8::1", "2001:db8::1"},
      {"[2001:db8::1]:8443", "2001:db8::1"},
      {"[2001:DB8::1]", "2001:db8::1"},
      {"fe80::1%eth0", "fe80::1"},
      {"::1", "::1"},
      {"::", "::"},
      {"2001:0db8:0000:0001:0000:0000:0000:0001", "2001:db8:0:1::1"},
  };
  for (const auto& [written, canonical] : cases) {
    EXPECT_EQ(CanonicalAddress(written), canonical) << written;
    EXPECT_EQ(CanonicalAddress(canonical), canonical) << "not stable: " << canonical;
  }
}

TEST(Address, WhatIsNoAddressStaysAsItIs) {
  for (const char* text : {"",
                           "X.X.X.X",
                           "<Redacted>",
                           "XX:2a02:cf40:1",
                           "203.0.113",
                           "203.0.113.256",
                           "203.0.113.7:65536",
                           "203.0.113.7:",
                           "203.0.113.7:http",
                           "[2001:db8::1",
                           "[2001:db8::1]443",
                           "[2001:db8::1]:x",
                           "203.0.113.07",
                           "1.2.3.4, 5.6.7.8",
                           "localhost",
                           "[]",
                           "[]:80",
                           "::ffff:203.0.113.7.1",
                           "2001:db8:::1",
                           "this text is much longer than any network address can possibly be"}) {
    EXPECT_EQ(CanonicalAddress(text), text);
  }
}

}  // namespace
}  // namespace keywatch::decode
