#include "app/generate/world.h"

#include <set>

#include <gtest/gtest.h>

namespace keywatch::generate {
namespace {

TEST(WorldTest, TheSameSeedMakesTheSameWorld) {
  World one = MakeWorld(5);
  World two = MakeWorld(5);
  ASSERT_EQ(one.principals.size(), two.principals.size());
  for (size_t i = 0; i < one.principals.size(); ++i) {
    EXPECT_EQ(one.principals[i].object_id, two.principals[i].object_id);
  }
  EXPECT_NE(MakeWorld(6).tenant_id, one.tenant_id);
}

TEST(WorldTest, NobodyIsSomebodyElse) {
  World world = MakeWorld(1);
  std::set<std::string> ids;
  std::set<std::string> names;
  std::set<std::string> addresses;
  size_t users = 0;
  for (const Principal& principal : world.principals) {
    EXPECT_TRUE(ids.insert(principal.object_id).second);
    if (!principal.upn.empty()) {
      ++users;
      names.insert(principal.upn);
    }
    addresses.insert(principal.addresses.begin(), principal.addresses.end());
  }
  EXPECT_EQ(names.size(), users);
  std::set<std::string> attackers(world.attacker_addresses.begin(), world.attacker_addresses.end());
  EXPECT_EQ(attackers.size(), world.attacker_addresses.size());
  for (const std::string& address : attackers)
    EXPECT_FALSE(addresses.contains(address)) << address;
  std::set<std::string> resources;
  for (const Resource& resource : world.resources)
    EXPECT_TRUE(resources.insert(resource.resource_id).second);
}

TEST(WorldTest, FewShareAnAddress) {
  World world = MakeWorld(1);
  std::multiset<std::string> addresses;
  for (const Principal& principal : world.principals)
    addresses.insert(principal.addresses.begin(), principal.addresses.end());
  for (const std::string& address : addresses)
    EXPECT_LE(addresses.count(address), 3U) << address;
}

TEST(WorldTest, GuidsHaveTheirForm) {
  std::string text;
  AppendGuid(0x0123456789abcdef, 0xfedcba9876543210, &text);
  EXPECT_EQ(text, "01234567-89ab-cdef-fedc-ba9876543210");
}

}  // namespace
}  // namespace keywatch::generate
