// Which column gets which value: layouts, types, duplicates, escapes, bounds.
#include "connectors/decode/json_decoder.h"

#include <gtest/gtest.h>

#include "tests/unit/connectors/decode/decode_fixture.h"

namespace keywatch::decode {
namespace {

DecodedRow OneRow(const std::string& message) {
  static DecodeRun run;  // what it learned from one message must not change the next
  Decoded decoded = run.Message(message);
  EXPECT_EQ(decoded.rows.size(), 1U) << message;
  EXPECT_TRUE(decoded.rejected.empty()) << message;
  return decoded.rows.empty() ? DecodedRow{} : decoded.rows[0];
}

Rejected OneReject(const std::string& message) {
  DecodeRun run;
  Decoded decoded = run.Message(message);
  EXPECT_TRUE(decoded.rows.empty()) << message;
  EXPECT_EQ(decoded.rejected.size(), 1U) << message;
  return decoded.rejected.empty() ? Rejected{} : decoded.rejected[0];
}

TEST(JsonDecoder, ReadsTheVaultLayout) {
  DecodedRow row = OneRow(Envelope({VaultRecord()}));
  EXPECT_EQ(record::FormatDatetime(row.time), "2026-03-01T10:00:00.1234567Z");
  EXPECT_EQ(row.Text("TimeGenerated"), "2026-03-01T10:00:00.1234567Z");
  EXPECT_EQ(row.Text("OperationName"), "SecretGet");
  EXPECT_EQ(row.Text("ResourceId"),
            "/SUBSCRIPTIONS/SUB-1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/MYVAULT");
  EXPECT_EQ(row.Text("_ResourceId"),
            "/subscriptions/sub-1/resourcegroups/rg/providers/microsoft.keyvault/vaults/myvault");
  EXPECT_EQ(row.Text("SubscriptionId"), "SUB-1");
  EXPECT_EQ(row.Text("ResourceGroup"), "RG");
  EXPECT_EQ(row.Text("ResourceProvider"), "MICROSOFT.KEYVAULT");
  EXPECT_EQ(row.Text("ResourceType"), "VAULTS");
  EXPECT_EQ(row.Text("Resource"), "MYVAULT");
  EXPECT_EQ(row.Text("CallerIPAddress"), "198.51.100.7");
  EXPECT_EQ(row.Text("DurationMs"), "78");
  EXPECT_EQ(row.Text("httpStatusCode_d"), "200.0");
  EXPECT_EQ(row.Text("httpStatusCode_s"), "200");
  EXPECT_EQ(row.Text("HttpStatusCode"), "200");
  EXPECT_EQ(row.Text("clientInfo_s"), "agent/1.0");
  EXPECT_EQ(row.Text("id_s"), "https://v.vault.azure.net/secrets/s0");
  EXPECT_EQ(row.Text("requestUri_s"), "https://v.vault.azure.net/secrets/s0?api-version=7.4");
  EXPECT_EQ(row.Text("identity_claim_oid_g"), "o-1");
  EXPECT_EQ(row.Text("identity_claim_upn_s"), "ann@contoso.example");
  EXPECT_EQ(row.Text("identity_claim_xms_az_nwperimid_s"), "[]");
  EXPECT_EQ(
      row.Text("Identity"),
      R"({"claim":{"oid":"o-1","appid":"a-1","upn":"ann@contoso.example","xms_az_nwperimid":[]}})");
  EXPECT_EQ(row.Text("tlsVersion_s"), "TLS1_3");
  EXPECT_EQ(row.Text("AzureDiagnostics.Type"), "AzureDiagnostics");
  EXPECT_EQ(row.Text("AZKVAuditLogs.Type"), "AZKVAuditLogs");
  EXPECT_TRUE(row.IsNull("isRbacAuthorized_b"));
  EXPECT_EQ(row.Text("properties_s"), "") << "the record's own properties are not the vault's";
  EXPECT_TRUE(row.IsNull("VaultProperties"));
  EXPECT_EQ(row.raw, VaultRecord());
  EXPECT_EQ(row.origin, "audit/3");
}

TEST(JsonDecoder, ReadsTheManagedHsmLayout) {
  DecodedRow row = OneRow("[" + HsmRecord(4) + "]");
  EXPECT_EQ(record::FormatDatetime(row.time), "2026-03-01T10:00:01.5000000Z");
  EXPECT_EQ(row.Text("ResourceType"), "MANAGEDHSMS");
  EXPECT_EQ(row.Text("Resource"), "HSM-1");
  EXPECT_EQ(row.Text("DurationMs"), "488");
  EXPECT_EQ(row.Text("httpStatusCode_d"), "202.0");
  EXPECT_EQ(row.Text("requestUri_s"), "https://hsm-1.managedhsm.azure.net/keys/k4/release");
  EXPECT_EQ(row.Text("clientInfo_s"), "agent/2.0");
  EXPECT_EQ(row.Text("subnetId_s"), "(unknown)");
  EXPECT_EQ(row.Text("PoolName_s"), "hsm-1");
  EXPECT_EQ(row.Text("properties_PoolType_s"), "M-HSM");
  EXPECT_EQ(row.Text("properties_sku_Family_s"), "B");
  EXPECT_EQ(row.Text("identity_claim_appid_g"), "a-2");
  EXPECT_EQ(
      row.Text("identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g"),
      "o-2");
  EXPECT_EQ(row.Text("identity_claim_http_schemas_xmlsoap_org_ws_2005_05_identity_claims_upn_s"),
            "bob@contoso.example");
  EXPECT_EQ(row.Text("identity_claim_oid_g"), "");
}

TEST(JsonDecoder, ReadsUriNamedClaims) {
  DecodedRow row = OneRow(
      R"({"time":"2026-03-01T10:00:00Z","identity":{"claim":{"http://schemas.microsoft.com/identity/claims/objectidentifier":"o-3",)"
      R"("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":"eve"}}})");
  EXPECT_EQ(
      row.Text("identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g"),
      "o-3");
  EXPECT_EQ(row.Text("identity_claim_http_schemas_xmlsoap_org_ws_2005_05_identity_claims_name_s"),
            "eve");
}

TEST(JsonDecoder, FindsEveryMemberInEitherPlaceAndAnyCase) {
  DecodedRow row = OneRow(
      R"({"Time":"2026-03-01T10:00:00Z","HTTPSTATUSCODE":"403","Properties":{"OperationName":"KeyGet",)"
      R"("RESOURCEID":"/subscriptions/s/resourcegroups/g/providers/p/vaults/v","CallerIPAddress":"1.2.3.4",)"
      R"("Identity":"{\"CLAIM\":{\"OID\":\"x\"}}","durationms":12,"correlationId":"c"},"requesturi":"u"})");
  EXPECT_EQ(row.Text("OperationName"), "KeyGet");
  EXPECT_EQ(row.Text("httpStatusCode_d"), "403.0");
  EXPECT_EQ(row.Text("Resource"), "V");
  EXPECT_EQ(row.Text("CallerIPAddress"), "1.2.3.4");
  EXPECT_EQ(row.Text("identity_claim_oid_g"), "x");
  EXPECT_EQ(row.Text("DurationMs"), "12");
  EXPECT_EQ(row.Text("requestUri_s"), "u");
  EXPECT_EQ(row.Text("CorrelationId"), "c");
}

TEST(JsonDecoder, TheDocumentedPlaceOfAMemberComesFirst) {
  EXPECT_EQ(OneRow(R"({"time":"2026-03-01T10:00:00Z","operationName":"KeyRelease",)"
                   R"("properties":{"operationName":"KeyGet"}})")
                .Text("OperationName"),
            "KeyRelease");
  EXPECT_EQ(OneRow(R"({"time":"2026-03-01T10:00:00Z","properties":{"operationName":"KeyGet"},)"
                   R"("operationName":null})")
                .Text("OperationName"),
            "KeyGet")
      << "null is no value";
}

TEST(JsonDecoder, UnescapesBeforeAnythingIsCompared) {
  DecodedRow row = OneRow(
      R"({"time":"2026-03-01T10:00:0\u0030Z","operation\u004eame":"Key\u0052elease","resultDescription":"a\nb\/\"\\\ud83d\ude00",)"
      R"("category":"Audit\u0045vent","callerIpAddress":"1.2.3.\u0034",)"
      R"("properties":{"clientInfo":"\u0061gent","requestUri":"https:\/\/x"}})");
  EXPECT_EQ(row.Text("OperationName"), "KeyRelease");
  EXPECT_EQ(row.Text("ResultDescription"), "a\nb/\"\\\xF0\x9F\x98\x80");
  EXPECT_EQ(row.Text("CallerIPAddress"), "1.2.3.4");
  EXPECT_EQ(row.Text("clientInfo_s"), "agent");
  EXPECT_EQ(row.Text("requestUri_s"), "https://x");
}

TEST(JsonDecoder, AnotherSpellingIsTheSameRecord) {
  DecodeRun run;
  std::string escaped = Replaced(VaultRecord(), "\"SecretGet\"", "\"Secret\\u0047et\"");
  Decoded decoded = run.Message(Envelope({VaultRecord(), escaped, VaultRecord(1)}));
  ASSERT_EQ(decoded.rows.size(), 3U);
  EXPECT_EQ(decoded.rows[0].id, decoded.rows[1].id);
  EXPECT_NE(decoded.rows[0].id, decoded.rows[2].id);
}

TEST(JsonDecoder, RecordIdsAreTheSameInEveryProcess) {
  // Held to values that were computed once: ids are on disk and in alerts.
  EXPECT_EQ(OneRow(VaultRecord()).id, OneRow(Envelope({VaultRecord()})).id);
  EXPECT_EQ(OneRow(VaultRecord()).id, 17270072158941893858U);
  EXPECT_EQ(OneRow(HsmRecord()).id, 14439256375936715734U);
}

TEST(JsonDecoder, EachPartOfTheIdentityChangesTheId) {
  std::string base = VaultRecord();
  uint64_t id = OneRow(base).id;
  EXPECT_NE(id, OneRow(Replaced(base, "10:00:00.1234567Z", "10:00:00.1234568Z")).id);
  EXPECT_NE(id, OneRow(Replaced(base, "VAULTS/myvault", "VAULTS/myvaulu")).id);
  EXPECT_NE(id, OneRow(Replaced(base, "c-0", "c-9")).id);
  EXPECT_NE(id, OneRow(Replaced(base, "SecretGet", "SecretSet")).id);
  EXPECT_NE(id, OneRow(Replaced(base, "?api-version=7.4", "?api-version=7.5")).id);
  EXPECT_EQ(id, OneRow(Replaced(base, "VAULTS/myvault", "vaults/MYVAULT")).id) << "case of the id";
  EXPECT_EQ(id, OneRow(Replaced(base, "\"durationMs\": \"78\"", "\"durationMs\": \"79\"")).id);
}

TEST(JsonDecoder, OfDuplicateNamesTheLastCounts) {
  DecodeRun run;
  Decoded decoded = run.Message(
      R"({"time":"2026-03-01T10:00:00Z","operationName":"KeyGet","OperationName":"KeyRelease"})");
  ASSERT_EQ(decoded.rows.size(), 1U);
  EXPECT_EQ(decoded.rows[0].Text("OperationName"), "KeyRelease");
  EXPECT_EQ(run.stats().duplicate_names, 1U);
}

TEST(JsonDecoder, ASecondObjectReplacesTheFirstWhole) {
  DecodedRow row =
      OneRow(R"({"time":"2026-03-01T10:00:00Z","properties":{"httpStatusCode":403,"id":"x"},)"
             R"("properties":{"id":"y"}})");
  EXPECT_EQ(row.Text("id_s"), "y");
  EXPECT_TRUE(row.IsNull("httpStatusCode_d"));
  row = OneRow(R"({"time":"2026-03-01T10:00:00Z","properties":{"id":"x"},"properties":"none"})");
  EXPECT_EQ(row.Text("id_s"), "");
  row = OneRow(
      R"({"time":"2026-03-01T10:00:00Z","identity":{"claim":{"oid":"x","upn":"u"},"claim":{"oid":"y"}}})");
  EXPECT_EQ(row.Text("identity_claim_oid_g"), "y");
  EXPECT_EQ(row.Text("identity_claim_upn_s"), "");
}

TEST(JsonDecoder, ConvertsWhatTheColumnCanHold) {
  auto with = [](const std::string& members) {
    return OneRow(R"({"time":"2026-03-01T10:00:00Z",)" + members + "}");
  };
  EXPECT_EQ(with(R"("durationMs":" 78 ")").Text("DurationMs"), "78");
  EXPECT_EQ(with(R"("durationMs":78.0)").Text("DurationMs"), "78");
  EXPECT_EQ(with(R"("durationMs":2e2)").Text("DurationMs"), "200");
  EXPECT_EQ(with(R"("durationMs":-5)").Text("DurationMs"), "-5");
  EXPECT_EQ(with(R"("durationMs":9223372036854775807)").Text("AzureDiagnostics.DurationMs"),
            "9223372036854775807");
  EXPECT_TRUE(with(R"("durationMs":9223372036854775808)").IsNull("AzureDiagnostics.DurationMs"));
  EXPECT_TRUE(with(R"("durationMs":3000000000)").IsNull("AZKVAuditLogs.DurationMs")) << "an int";
  EXPECT_TRUE(with(R"("durationMs":1.5)").IsNull("DurationMs"));
  EXPECT_TRUE(with(R"("durationMs":"soon")").IsNull("DurationMs"));
  EXPECT_TRUE(with(R"("durationMs":"")").IsNull("DurationMs"));
  EXPECT_TRUE(with(R"("durationMs":{"a":1})").IsNull("DurationMs"));
  EXPECT_TRUE(with(R"("durationMs":true)").IsNull("DurationMs"));
  EXPECT_EQ(with(R"("httpStatusCode":"403.5")").Text("httpStatusCode_d"), "403.5");
  EXPECT_TRUE(with(R"("httpStatusCode":1e999)").IsNull("httpStatusCode_d"));
  EXPECT_TRUE(with(R"("httpStatusCode":"0x10")").IsNull("httpStatusCode_d"));
  EXPECT_TRUE(with(R"("httpStatusCode":"nan")").IsNull("httpStatusCode_d"));
  EXPECT_EQ(with(R"("isRbacAuthorized":true)").Text("isRbacAuthorized_b"), "True");
  EXPECT_EQ(with(R"("isRbacAuthorized":"FALSE")").Text("isRbacAuthorized_b"), "False");
  EXPECT_EQ(with(R"("isRbacAuthorized":0)").Text("isRbacAuthorized_b"), "False");
  EXPECT_EQ(with(R"("isRbacAuthorized":"1")").Text("isRbacAuthorized_b"), "True");
  EXPECT_TRUE(with(R"("isRbacAuthorized":"maybe")").IsNull("isRbacAuthorized_b"));
  EXPECT_EQ(with(R"("clientInfo":12)").Text("clientInfo_s"), "12");
  EXPECT_EQ(with(R"("clientInfo":false)").Text("clientInfo_s"), "false");
  EXPECT_EQ(with(R"("clientInfo":null)").Text("clientInfo_s"), "");
  EXPECT_EQ(with(R"("clientInfo":{"a" : [1, "x"]})").Text("clientInfo_s"), R"({"a" : [1, "x"]})");
  EXPECT_EQ(with(R"("keyProperties":{"type":"RSA"})").Text("KeyProperties"), R"({"type":"RSA"})");
  EXPECT_EQ(with(R"("keyProperties":"{\"type\":\"RSA\"}")").Text("KeyProperties"),
            R"({"type":"RSA"})");
  EXPECT_EQ(with(R"("keyProperties":"{broken")").Text("KeyProperties"), "{broken");
}

TEST(JsonDecoder, CountsWhatAColumnCannotHold) {
  DecodeRun run;
  run.Message(R"({"time":"2026-03-01T10:00:00Z","durationMs":"soon","httpStatusCode":1e999})");
  EXPECT_GE(run.stats().type_mismatches, 1U);
  EXPECT_GE(run.stats().out_of_range, 1U);
}

TEST(JsonDecoder, IdentityIsTheSameInEitherEncoding) {
  DecodedRow object = OneRow(R"({"time":"2026-03-01T10:00:00Z","identity":{"claim":{"oid":"x"}}})");
  DecodedRow text =
      OneRow(R"({"time":"2026-03-01T10:00:00Z","identity":"{\"claim\":{\"oid\":\"\u0078\"}}"})");
  EXPECT_EQ(object.Text("identity_claim_oid_g"), "x");
  EXPECT_EQ(text.Text("identity_claim_oid_g"), "x");
  EXPECT_EQ(text.Text("Identity"), object.Text("Identity"));
}

TEST(JsonDecoder, IdentityThatHoldsNoClaimsLeavesTheRecordAlive) {
  for (const char* identity : {R"("")",
                               R"("just text")",
                               R"("{\"claim\":")",
                               "7",
                               "true",
                               "[]",
                               "{}",
                               R"({"claim":7})",
                               R"("null")"}) {
    DecodedRow row =
        OneRow(std::string(R"({"time":"2026-03-01T10:00:00Z","identity":)") + identity + "}");
    EXPECT_EQ(row.Text("identity_claim_oid_g"), "") << identity;
  }
}

TEST(JsonDecoder, DamagedIdentityIsFoundOnFirstAndOnLaterSight) {
  DecodeRun run;
  std::string broken = Replaced(VaultRecord(), R"("oid": "o-1")", R"("oid": tru)");
  std::string bad_escape = Replaced(HsmRecord(), R"(\"appid\")", R"(\"app\qid\")");
  for (int round = 0; round < 2; ++round) {
    Decoded decoded = run.Message(Envelope({VaultRecord(1), broken, bad_escape, VaultRecord(2)}));
    EXPECT_EQ(decoded.rows.size(), 2U);
    ASSERT_EQ(decoded.rejected.size(), 2U);
    EXPECT_EQ(decoded.rejected[0].reason, "not_json");
    EXPECT_EQ(decoded.rejected[0].bytes, broken);
    EXPECT_EQ(decoded.rejected[1].bytes, bad_escape);
  }
}

TEST(JsonDecoder, AnIdentityThatALaterMemberMakesVoidIsCheckedAllTheSame) {
  for (const char* members : {R"("identity":{"a":"b":1},"identity":{})",
                              R"("identity":"\x","identity":"")",
                              R"("identity":{"a":tru},"properties":{"identity":{}})",
                              R"("properties":{"identity":{"a" 1}},"properties":{})",
                              R"("properties":{"identity":"\x"},"properties":7)"}) {
    EXPECT_EQ(OneReject(std::string(R"({"time":"2026-03-01T10:00:00Z",)") + members + "}").reason,
              "not_json")
        << members;
  }
  EXPECT_EQ(OneRow(R"({"time":"2026-03-01T10:00:00Z","identity":{"claim":{"oid":"x"}},)"
                   R"("identity":"{\"claim\":{\"oid\":\"y\"}}"})")
                .Text("identity_claim_oid_g"),
            "y");
}

TEST(JsonDecoder, OtherCategoriesAreCountedNotRejected) {
  DecodeRun run;
  std::string other = Replaced(VaultRecord(), "AuditEvent", "AzurePolicyEvaluationDetails");
  std::string lower = Replaced(VaultRecord(1), "AuditEvent", "auditevent");
  std::string none = Replaced(VaultRecord(2), "\"category\": \"AuditEvent\", ", "");
  Decoded decoded = run.Message(Envelope({other, lower, none}));
  EXPECT_EQ(decoded.rows.size(), 2U);
  EXPECT_TRUE(decoded.rejected.empty());
  EXPECT_EQ(run.stats().other_category, 1U);
}

TEST(JsonDecoder, ARowNeedsAReadableTime) {
  EXPECT_EQ(OneReject(R"({"operationName":"KeyGet"})").reason, "missing_time");
  EXPECT_EQ(OneReject(R"({"time":null})").reason, "missing_time");
  EXPECT_EQ(OneReject("{}").reason, "missing_time");
  for (const char* time : {R"("")",
                           R"("yesterday")",
                           R"("2026-13-01T00:00:00Z")",
                           "1740000000",
                           R"("2026-03-01T10:00:60.0Z")",
                           R"({"a":1})",
                           "true"}) {
    EXPECT_EQ(OneReject(std::string(R"({"time":)") + time + "}").reason, "bad_time") << time;
  }
  for (const char* digits : {"",
                             ".1",
                             ".12",
                             ".123",
                             ".1234",
                             ".12345",
                             ".123456",
                             ".1234567",
                             ".12345678",
                             ".123456789"}) {
    std::string time = std::string("2026-03-01T10:00:00") + digits + "Z";
    EXPECT_EQ(OneRow(R"({"time":")" + time + R"("})").time, *record::ParseIsoDatetime(time))
        << time;
  }
}

// Otherwise one record from a wrong clock would make all that follow look late.
TEST(JsonDecoder, ATimeFarAheadBecomesTheTimeOfReceipt) {
  const record::Ticks received = *record::ParseIsoDatetime("2026-03-01T12:00:00Z");
  const std::string origin = "test";
  const std::string hour_ahead = R"({"time":"2026-03-01T13:00:00Z"})";
  const std::string year_ahead = R"({"time":"2027-03-01T13:00:00Z"})";
  pipeline::RawBatch batch;
  for (record::Ticks broker : {record::Ticks{0}, received - 5}) {
    batch.messages.push_back({&origin, 0, hour_ahead, broker});
    batch.messages.push_back({&origin, 0, year_ahead, broker});
  }
  batch.read_time = received;
  JsonDecoder decoder(record::BatchLayout{});
  record::RecordBatch out;
  size_t next = 0;
  decoder.Decode(batch, &next, &out, [](const pipeline::RejectedRecord&) { FAIL(); });
  ASSERT_EQ(out.rows, 4U);
  const record::Ticks hour = record::kTicksPerHour;
  EXPECT_EQ(out.event_time,
            (std::vector<record::Ticks>{received + hour, received, received + hour, received - 5}));
  EXPECT_EQ(decoder.stats().future_times, 2U);
}

TEST(JsonDecoder, RowsOfOneMessageMaySpanBatches) {
  std::vector<std::string> records;
  for (int i = 0; i < 25; ++i)
    records.push_back(i % 2 == 0 ? VaultRecord(i) : HsmRecord(i));
  DecodeRun whole;
  Decoded expected = whole.Message(Envelope(records));
  ASSERT_EQ(expected.rows.size(), 25U);
  for (size_t rows : {1U, 2U, 7U, 24U, 25U, 26U}) {
    DecodeLimits limits;
    limits.batch_rows = rows;
    DecodeRun run(WholeLayout(), limits);
    Decoded decoded = run.Messages({Envelope(records), Envelope({VaultRecord(99)})});
    ASSERT_EQ(decoded.rows.size(), 26U) << rows;
    for (size_t i = 0; i < 25; ++i) {
      EXPECT_EQ(decoded.rows[i].id, expected.rows[i].id);
      EXPECT_EQ(decoded.rows[i].index, i);
      EXPECT_EQ(decoded.rows[i].raw, records[i]);
      EXPECT_EQ(decoded.rows[i].Text("requestUri_s"), expected.rows[i].Text("requestUri_s"));
    }
    EXPECT_EQ(decoded.rows[25].offset, 1);
    EXPECT_EQ(decoded.rows[25].index, 0U);
    for (size_t size : decoded.batch_sizes)
      EXPECT_LE(size, rows);
  }
}

TEST(JsonDecoder, DictionariesAreBoundedAndResetBetweenBatches) {
  DecodeLimits limits;
  limits.batch_rows = 10;
  limits.dictionary_entries = 50;
  DecodeRun run(WholeLayout(), limits);
  std::vector<std::string> records;
  for (int i = 0; i < 400; ++i) {
    std::string n = std::to_string(i);
    std::string record = Replaced(VaultRecord(i), "agent/1.0", "agent/" + n);
    record = Replaced(record, "\"o-1\"", "\"o-" + n + "\"");
    record = Replaced(record, "VAULTS/myvault", "VAULTS/v" + n);
    records.push_back(Replaced(record, "198.51.100.7", "198.51.100." + std::to_string(i % 256)));
  }
  Decoded decoded = run.Message(Envelope(records));
  ASSERT_EQ(decoded.rows.size(), 400U);
  EXPECT_GE(run.stats().dictionary_resets, 4U);
  for (int i = 0; i < 400; ++i) {
    const DecodedRow& row = decoded.rows[static_cast<size_t>(i)];
    std::string n = std::to_string(i);
    EXPECT_EQ(row.Text("clientInfo_s"), "agent/" + n);
    EXPECT_EQ(row.Text("identity_claim_oid_g"), "o-" + n);
    EXPECT_EQ(row.Text("Resource"), "V" + n);
    EXPECT_EQ(row.Text("CallerIPAddress"), "198.51.100." + std::to_string(i % 256));
    EXPECT_EQ(row.Text("AzureDiagnostics.Type"), "AzureDiagnostics");
  }
}

TEST(JsonDecoder, AUserColumnIsFoundByItsName) {
  record::SchemaCatalog catalog;
  ASSERT_TRUE(catalog
                  .AddCsv("AzureDiagnostics",
                          "column,type,source,storage,meaning\n"
                          "eventGridEventProperties_data_Version_s,string,@name,text,\n"
                          "score_d,real,@name,,\n"
                          "policy_g,guid,properties.policy,dictionary,\n"
                          "started_t,datetime,@name,,\n"
                          "took,timespan,took,,\n")
                  .ok());
  const record::Table* table = catalog.Find("AzureDiagnostics");
  record::BatchLayout layout;
  for (const record::TableColumn& column : table->columns)
    layout.Add(*table, column);
  DecodeRun run(layout);
  Decoded decoded = run.Message(
      R"({"time":"2026-03-01T10:00:00Z","properties":{"eventGridEventProperties":{"data":{"Version":"v9"}},)"
      R"("score":0.25,"policy":"{AAAAAAAA-0000-1111-2222-BBBBBBBBBBBB}","started":"2026-01-02","took":"00:01:00"}})");
  ASSERT_EQ(decoded.rows.size(), 1U);
  EXPECT_EQ(decoded.rows[0].Text("eventGridEventProperties_data_Version_s"), "v9");
  EXPECT_EQ(decoded.rows[0].Text("score_d"), "0.25");
  EXPECT_EQ(decoded.rows[0].Text("policy_g"), "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb");
  EXPECT_EQ(decoded.rows[0].Text("started_t"), "2026-01-02T00:00:00.0000000Z");
  EXPECT_EQ(decoded.rows[0].Text("took"), "00:01:00");
}

TEST(JsonDecoder, AnEmptyLayoutStillGivesRows) {
  DecodeRun run{record::BatchLayout()};
  Decoded decoded = run.Message(Envelope({VaultRecord(), HsmRecord()}));
  ASSERT_EQ(decoded.rows.size(), 2U);
  EXPECT_NE(decoded.rows[0].id, decoded.rows[1].id);
}

TEST(JsonDecoder, ThousandsOfStrangeNamesCostNoMemoryAndNoRow) {
  DecodeRun run;
  for (int round = 0; round < 3; ++round) {
    std::string record = R"({"time":"2026-03-01T10:00:00Z")";
    for (int i = 0; i < 3000; ++i) {
      record += ",\"n" + std::to_string(round * 3000 + i) + "\":{\"a\":[1,2]}";
    }
    record += R"(,"operationName":"KeyGet","properties":{"id":"x"}})";
    Decoded decoded = run.Message(record);
    ASSERT_EQ(decoded.rows.size(), 1U);
    EXPECT_EQ(decoded.rows[0].Text("OperationName"), "KeyGet");
    EXPECT_EQ(decoded.rows[0].Text("id_s"), "x");
  }
}

}  // namespace
}  // namespace keywatch::decode
