#include "connectors/decode/resource_id.h"

#include <gtest/gtest.h>

namespace keywatch::decode {
namespace {

TEST(ResourceId, HasItsParts) {
  ResourceParts parts = ParseResourceId(
      "/subscriptions/Sub-1/resourceGroups/My-Group/providers/Microsoft.KeyVault/vaults/MyVault");
  EXPECT_EQ(
      parts.upper,
      "/SUBSCRIPTIONS/SUB-1/RESOURCEGROUPS/MY-GROUP/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/MYVAULT");
  EXPECT_EQ(
      parts.lower,
      "/subscriptions/sub-1/resourcegroups/my-group/providers/microsoft.keyvault/vaults/myvault");
  EXPECT_EQ(parts.subscription, "SUB-1");
  EXPECT_EQ(parts.group, "MY-GROUP");
  EXPECT_EQ(parts.provider, "MICROSOFT.KEYVAULT");
  EXPECT_EQ(parts.type, "VAULTS");
  EXPECT_EQ(parts.name, "MYVAULT");
}

TEST(ResourceId, OfANestedResource) {
  ResourceParts parts =
      ParseResourceId("/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/P/VAULTS/V/KEYS/K");
  EXPECT_EQ(parts.type, "VAULTS/KEYS");
  EXPECT_EQ(parts.name, "K");
}

TEST(ResourceId, MayLackParts) {
  EXPECT_EQ(ParseResourceId("").name, "");
  EXPECT_EQ(ParseResourceId("/").type, "");
  EXPECT_EQ(ParseResourceId("garbage").upper, "GARBAGE");
  ResourceParts parts = ParseResourceId("/subscriptions/s/resourcegroups/g");
  EXPECT_EQ(parts.group, "G");
  EXPECT_EQ(parts.provider, "");
  EXPECT_EQ(parts.name, "");
  EXPECT_EQ(ParseResourceId("/subscriptions/s/resourcegroups/g/providers/p/vaults").type, "");
}

TEST(ResourceId, AGroupMayBeNamedLikeAKeyword) {
  ResourceParts parts = ParseResourceId(
      "/subscriptions/s/resourcegroups/providers/providers/microsoft.keyvault/vaults/"
      "resourcegroups");
  EXPECT_EQ(parts.group, "PROVIDERS");
  EXPECT_EQ(parts.provider, "MICROSOFT.KEYVAULT");
  EXPECT_EQ(parts.type, "VAULTS");
  EXPECT_EQ(parts.name, "RESOURCEGROUPS");
}

}  // namespace
}  // namespace keywatch::decode
