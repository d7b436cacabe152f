#include "connectors/loganalytics/row_record.h"

#include <gtest/gtest.h>

#include "tests/unit/connectors/decode/decode_fixture.h"

namespace keywatch::loganalytics {
namespace {

using record::Dynamic;
using record::Type;

const record::Table& TableOf(const std::string& name) {
  return *record::SchemaCatalog::Builtin().Find(name);
}

// Of one table only: what two tables have from one source, a layout keeps once, under one name.
record::BatchLayout LayoutOf(const record::Table& table) {
  record::BatchLayout layout;
  for (const record::TableColumn& column : table.columns)
    layout.Add(table, column);
  return layout;
}

// The row that Log Analytics makes of a record, as pack_all(true) gives it.
Dynamic RowOf(const decode::DecodedRow& row, const record::Table& table) {
  Dynamic::Object bag;
  for (const record::TableColumn& column : table.columns) {
    const record::Value& value = row.cells.at(column.name);
    std::string text = record::ToText(value);
    if (value.is_null() || text.empty())
      continue;
    Dynamic cell;
    switch (column.type) {
      case Type::kBool:
        cell.held = value.boolean();
        break;
      case Type::kReal:
        cell.held = value.real();
        break;
      case Type::kInt:
      case Type::kLong:
        cell.held = value.integral();
        break;
      case Type::kDynamic:
        cell = *value.dynamic();
        break;
      default:
        cell.held = text;
    }
    bag.emplace_back(column.name, cell);
  }
  return Dynamic{std::move(bag)};
}

void ExpectSame(const decode::DecodedRow& a,
                const decode::DecodedRow& b,
                const record::Table& table) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.time, b.time);
  for (const record::TableColumn& column : table.columns) {
    const std::string& name = column.name;
    // What holds all the others.
    bool whole = column.name == "Properties" || column.name == "properties_s";
    EXPECT_TRUE(whole || a.Text(name) == b.Text(name)) << name << ": " << b.Text(name);
  }
}

// From Event Hubs or from Log Analytics: the same record, with the same columns.
TEST(RowRecord, TheRecordOfARowIsTheOneItWasMadeOf) {
  const std::string patch =
      R"({"time":"2026-03-01T10:00:00.7Z","category":"AuditEvent","operationName":"VaultPatch",)"
      R"("resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V",)"
      R"("correlationId":"c","identity":{"claim":{)"
      R"("http://schemas.microsoft.com/identity/claims/objectidentifier":"o-9",)"
      R"("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"eve@contoso.example"}},)"
      R"("properties":{"httpStatusCode":200,"requestUri":"https://x","addedAccessPolicy":)"
      R"({"ObjectId":"o-1","Permissions":{"keys":"all"}},"isRbacAuthorized":true,)"
      R"("properties":{"sku":{"Family":"A","Name":"premium"},"tenantId":"t",)"
      R"("networkAcls":{"defaultAction":"Deny"},"enabledForDeployment":false}}})";
  for (const char* name : {"AzureDiagnostics", "AZKVAuditLogs"}) {
    const record::Table& table = TableOf(name);
    for (const std::string& original : {decode::VaultRecord(1), decode::HsmRecord(2), patch}) {
      decode::DecodeRun run(LayoutOf(table));
      decode::Decoded before = run.Message(original);
      ASSERT_EQ(before.rows.size(), 1U);
      std::string made = RecordOfRow(table, RowOf(before.rows[0], table));
      decode::Decoded after = run.Message(made);
      ASSERT_EQ(after.rows.size(), 1U) << made;
      SCOPED_TRACE(made);
      ExpectSame(before.rows[0], after.rows[0], table);
    }
  }
}

TEST(RowRecord, ColumnsThatNoTableFileListsKeepTheirNames) {
  Dynamic row = *record::ParseJson(
      R"({"TimeGenerated":"2026-03-01T10:00:00Z","newThing_s":"x","identity_claim_groups_s":"g",)"
      R"("_ItemId":"i","empty_s":"","none_d":null,)"
      R"("AdditionalFields":{"more_b":true,"identity_claim_tid_g":"t"}})");
  EXPECT_EQ(RecordOfRow(TableOf("AzureDiagnostics"), row),
            R"({"time":"2026-03-01T10:00:00Z","category":"AuditEvent",)"
            R"("identity":{"claim":{"groups":"g","tid":"t"}},)"
            R"("properties":{"newThing":"x","more":true}})");
}

TEST(RowRecord, AnEmptyRowIsARecordWithoutATime) {
  EXPECT_EQ(RecordOfRow(TableOf("AZKVAuditLogs"), *record::ParseJson("{}")),
            R"({"category":"AuditEvent"})");
}

}  // namespace
}  // namespace keywatch::loganalytics
