// The two spellings of a record, against the documented ones.
#include "app/generate/audit_record.h"

#include <gtest/gtest.h>

#include "app/generate/operations.h"
#include "engine/record/dynamic.h"

namespace keywatch::generate {
namespace {

using record::Dynamic;

class AuditRecordTest : public testing::Test {
 protected:
  Event EventAt(size_t resource, const Operation& operation, std::string_view object) {
    Event event;
    event.time = *record::ParseIsoDatetime("2026-03-02T10:20:30.1230007Z");
    event.resource = &world_.resources[resource];
    event.operation = &operation;
    event.principal = &world_.principals[world_.everyday[0]];
    event.address = event.principal->addresses[0];
    event.object = object;
    event.duration_ms = 78;
    return event;
  }

  Dynamic Written(const Event& event) {
    RecordWriter writer(&world_);
    std::string json;
    writer.Append(event, &json);
    EXPECT_EQ(json.find('\n'), std::string::npos);
    std::optional<Dynamic> parsed = record::ParseJson(json);
    EXPECT_TRUE(parsed) << json;
    return parsed ? *parsed : Dynamic();
  }

  static std::string Text(const Dynamic& record, std::initializer_list<std::string_view> path) {
    const Dynamic* at = &record;
    for (std::string_view name : path) {
      at = at != nullptr ? at->Find(name) : nullptr;
    }
    if (at == nullptr)
      return "(none)";
    return at->string() != nullptr ? *at->string() : record::ToJson(*at);
  }

  World world_ = MakeWorld(1);
};

TEST_F(AuditRecordTest, AVaultsRecord) {
  size_t vault = world_.vaults[1];
  Event event = EventAt(vault, operations::kSecretGet, world_.resources[vault].secrets[0]);
  Dynamic record = Written(event);
  EXPECT_EQ(Text(record, {"time"}), "2026-03-02T10:20:30.1230007Z");
  EXPECT_EQ(Text(record, {"operationName"}), "SecretGet");
  EXPECT_EQ(Text(record, {"durationMs"}), "78");
  EXPECT_NE(record.Find("durationMs")->string(), nullptr);
  EXPECT_EQ(Text(record, {"properties", "httpStatusCode"}), "200");
  EXPECT_EQ(Text(record, {"identity", "claim", "oid"}), event.principal->object_id);
  EXPECT_EQ(Text(record, {"identity", "claim", "upn"}), event.principal->upn);
  EXPECT_EQ(Text(record, {"identity", "claim", "ipaddr"}), event.address);
  EXPECT_EQ(Text(record, {"properties", "requestUri"}),
            event.resource->host + event.resource->secrets[0] + "?api-version=7.4");
  EXPECT_EQ(Text(record, {"properties", "isRbacAuthorized"}), "true");
  EXPECT_EQ(Text(record, {"resultDescription"}), "(none)");
}

TEST_F(AuditRecordTest, AnHsmsRecord) {
  size_t hsm = world_.hsms[0];
  Event event = EventAt(hsm, operations::kKeySign, world_.resources[hsm].keys[0]);
  Dynamic record = Written(event);
  EXPECT_EQ(Text(record, {"time"}), "2026-03-02T10:20:30.123Z");
  EXPECT_EQ(record.Find("durationMs")->string(), nullptr);
  EXPECT_EQ(Text(record, {"httpStatusCode"}), "200");
  EXPECT_EQ(Text(record, {"properties", "PoolType"}), "M-HSM");
  EXPECT_NE(Text(record, {"resourceId"}).find("/MANAGEDHSMS/"), std::string::npos);
  ASSERT_NE(record.Find("identity")->string(), nullptr);
  std::optional<Dynamic> identity = record::ParseJson(*record.Find("identity")->string());
  ASSERT_TRUE(identity);
  EXPECT_EQ(Text(*identity,
                 {"claim", "http_schemas_microsoft_com_identity", "claims", "objectidentifier"}),
            event.principal->object_id);
}

TEST_F(AuditRecordTest, DenialsSayWhy) {
  for (size_t vault : world_.vaults) {
    Event event = EventAt(vault, operations::kSecretGet, world_.resources[vault].secrets[0]);
    event.status = 403;
    event.denial = Denial::kPermission;
    Dynamic record = Written(event);
    EXPECT_EQ(Text(record, {"resultSignature"}), "Forbidden");
    EXPECT_EQ(Text(record, {"resultType"}), "Success");
    bool by_role = Text(record, {"properties", "isRbacAuthorized"}) == "false";
    bool by_policy = Text(record, {"properties", "isAccessPolicyMatch"}) == "false";
    EXPECT_NE(by_role, by_policy);
    EXPECT_NE(
        Text(record, {"resultDescription"})
            .find(by_role ? "Caller is not authorized" : "does not have secrets get permission"),
        std::string::npos);
    event.denial = Denial::kNetwork;
    EXPECT_EQ(Text(Written(event), {"resultDescription"}),
              "Client address (" + std::string(event.address) +
                  ") is not authorized and caller is not a trusted service");
  }
}

TEST_F(AuditRecordTest, AChallengeHasNoIdentity) {
  for (size_t resource : {world_.vaults[0], world_.hsms[0]}) {
    Event event =
        EventAt(resource, operations::kAuthentication, world_.resources[resource].keys[0]);
    event.principal = nullptr;
    event.status = 401;
    EXPECT_EQ(Text(Written(event), {"identity"}), "(none)");
  }
}

TEST_F(AuditRecordTest, TheControlPlaneNamesItsClaimsByUri) {
  Event event = EventAt(world_.vaults[0], operations::kVaultGet, "");
  event.principal = &world_.principals[world_.resource_graph];
  Dynamic record = Written(event);
  EXPECT_EQ(
      Text(record,
           {"identity", "claim", "http://schemas.microsoft.com/identity/claims/objectidentifier"}),
      event.principal->object_id);
  EXPECT_EQ(Text(record, {"properties", "tlsVersion"}), "(none)");
  EXPECT_EQ(Text(record, {"properties", "requestUri"}).find("https://management.azure.com/"), 0U);
}

}  // namespace
}  // namespace keywatch::generate
