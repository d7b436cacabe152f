#include "engine/record/column_source.h"

#include <gtest/gtest.h>

namespace keywatch::record {
namespace {

TEST(ColumnSource, FlattensAsAzureMonitorNamesColumns) {
  EXPECT_EQ(FlattenPath("identity.claim.oid"), "identity_claim_oid");
  EXPECT_EQ(
      FlattenPath("identity.claim.http://schemas.microsoft.com/identity/claims/objectidentifier"),
      "identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier");
  EXPECT_EQ(
      FlattenPath("identity.claim.http_schemas_microsoft_com_identity.claims.objectidentifier"),
      "identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier");
  EXPECT_EQ(FlattenPath("A--b..c"), "a_b_c");
  EXPECT_EQ(FlattenPath(""), "");
  EXPECT_EQ(FlattenPath("\xC3\x84"), "\xC3\x84");
}

TEST(ColumnSource, AMemberIsLookedForAtTopAndUnderProperties) {
  auto paths = [](const char* text) { return ParseColumnSource(text).value().paths; };
  using Paths = std::vector<std::string>;
  EXPECT_EQ(paths("properties.id"), (Paths{"properties_id", "id"}));
  EXPECT_EQ(paths("operationName"), (Paths{"operationname", "properties_operationname"}));
  EXPECT_EQ(paths("@ip:callerIpAddress"), (Paths{"calleripaddress", "properties_calleripaddress"}));
  EXPECT_EQ(paths("properties"), (Paths{"properties"}));
  EXPECT_EQ(paths("properties.properties"), (Paths{"properties_properties"}))
      << "the vault's properties are not the record's";
}

TEST(ColumnSource, ReadsDerivations) {
  EXPECT_EQ(ParseColumnSource("").value().kind, SourceKind::kNone);
  EXPECT_EQ(ParseColumnSource("@event_time").value().kind, SourceKind::kEventTime);
  EXPECT_EQ(ParseColumnSource("@const:a,b").value().constant, "a,b");
  EXPECT_EQ(ParseColumnSource("@const:").value().constant, "");
  EXPECT_EQ(ParseColumnSource("@resource.group").value().part, ResourcePart::kGroup);
  EXPECT_FALSE(ParseColumnSource("@resource").has_value());
  EXPECT_FALSE(ParseColumnSource("@").has_value());
  EXPECT_FALSE(ParseColumnSource(".a").has_value());
}

TEST(ColumnSource, TypeSuffixes) {
  EXPECT_EQ(WithoutTypeSuffix("PoolName_s"), "PoolName");
  EXPECT_EQ(WithoutTypeSuffix("a_d"), "a");
  EXPECT_EQ(WithoutTypeSuffix("a_x"), "a_x");
  EXPECT_EQ(WithoutTypeSuffix("_s"), "_s");
}

}  // namespace
}  // namespace keywatch::record
