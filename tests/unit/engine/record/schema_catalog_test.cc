#include "engine/record/schema_catalog.h"

#include <set>

#include <gtest/gtest.h>

namespace keywatch::record {
namespace {

constexpr const char* kHeader = "column,type,source,storage,meaning\n";

std::string ErrorOf(const std::string& csv) {
  SchemaCatalog catalog;
  Status status = catalog.AddCsv("T", csv);
  EXPECT_FALSE(status.ok()) << csv;
  EXPECT_EQ(catalog.Find("T"), nullptr) << "a refused file left something behind";
  return status.message();
}

TEST(SchemaCatalog, HasTheShippedTables) {
  const SchemaCatalog& catalog = SchemaCatalog::Builtin();
  EXPECT_EQ(catalog.names(), (std::vector<std::string>{"AZKVAuditLogs", "AzureDiagnostics"}));
  const Table* diagnostics = catalog.Find("AzureDiagnostics");
  ASSERT_NE(diagnostics, nullptr);
  Schema schema = diagnostics->schema();
  auto type = [&](const char* name) {
    auto found = schema.Find(name);
    return found ? std::string(TypeName(schema.columns[*found].type)) : "none";
  };
  EXPECT_EQ(type("TimeGenerated"), "datetime");
  EXPECT_EQ(type("httpStatusCode_d"), "real");
  EXPECT_EQ(type("DurationMs"), "long");
  EXPECT_EQ(type("isRbacAuthorized_b"), "bool");
  EXPECT_EQ(type("identity_claim_oid_g"), "string") << "as the public rules use it";
  EXPECT_EQ(type("callerIPAddress"), "none") << "names are case-sensitive";
  EXPECT_EQ(catalog.Find("AZKVAuditLogs")->columns.size(), 51U);
  EXPECT_EQ(catalog.Find("azurediagnostics"), nullptr);
}

TEST(SchemaCatalog, NoShippedTableNamesAColumnTwice) {
  for (const std::string& name : SchemaCatalog::Builtin().names()) {
    std::set<std::string> seen;
    for (const TableColumn& column : SchemaCatalog::Builtin().Find(name)->columns) {
      EXPECT_TRUE(seen.insert(column.name).second) << name << "." << column.name;
    }
  }
}

TEST(SchemaCatalog, ReadsAFile) {
  SchemaCatalog catalog;
  Status status =
      catalog.AddCsv("T",
                     "\xEF\xBB\xBF" + std::string("column,type,source,storage,meaning\r\n") +
                         "a,string,x.y,dictionary,\"with a comma, and a \"\"quote\"\"\"\r\n\r\n" +
                         "b_s,string,@name,text,\n" + "c,long,,,");
  ASSERT_TRUE(status.ok()) << status.message();
  const Table* table = catalog.Find("T");
  ASSERT_EQ(table->columns.size(), 3U);
  EXPECT_EQ(table->columns[0].source, "x.y");
  EXPECT_EQ(table->columns[0].storage, Storage::kDictionary);
  EXPECT_EQ(table->columns[1].source, "b");
  EXPECT_EQ(table->columns[2].source, "");
  EXPECT_EQ(table->columns[2].storage, Storage::kText);
}

TEST(SchemaCatalog, AddsColumnsToAKnownTableButNeverChangesOne) {
  SchemaCatalog catalog = SchemaCatalog::Builtin();
  size_t before = catalog.Find("AzureDiagnostics")->columns.size();
  ASSERT_TRUE(
      catalog.AddCsv("AzureDiagnostics", std::string(kHeader) + "mine_s,string,mine,text,x\n")
          .ok());
  EXPECT_EQ(catalog.Find("AzureDiagnostics")->columns.size(), before + 1);
  Status status = catalog.AddCsv("AzureDiagnostics",
                                 std::string(kHeader) +
                                     "other_s,string,o,text,x\n"
                                     "OperationName,string,evil,text,x\n");
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find("line 3"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("OperationName"), std::string::npos);
  EXPECT_EQ(catalog.Find("AzureDiagnostics")->columns.size(), before + 1) << "all or nothing";
}

TEST(SchemaCatalog, NamesThePlaceOfAMistake) {
  auto expect = [](const std::string& csv, std::initializer_list<const char*> parts) {
    std::string message = ErrorOf(csv);
    for (const char* part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  std::string header = kHeader;
  expect("", {"at least one column"});
  expect(header, {"at least one column"});
  expect("name,type\n", {"line 1", "header"});
  expect(header + "a,string,x\n", {"line 2", "5 fields", "found 3"});
  expect(header + "a,string,x,text,m\nb,strin,x,text,m\n", {"line 3", "strin", "dynamic"});
  expect(header + "a b,string,x,text,m\n", {"line 2", "a b"});
  expect(header + "1a,string,x,text,m\n", {"line 2", "1a"});
  expect(header + "a,string,x,texts,m\n", {"line 2", "texts"});
  expect(header + "a,long,x,dictionary,m\n", {"line 2", "dictionary", "long"});
  expect(header + "a,string,@nonsense,text,m\n", {"line 2", "@nonsense"});
  expect(header + "a,string,@event_time,text,m\n", {"line 2", "datetime"});
  expect(header + "a,long,@resource.name,text,m\n", {"line 2", "string", "@resource.name"});
  expect(header + "a,string,x..y,text,m\n", {"line 2", "empty name"});
  expect(header + "a,string,x.,text,m\n", {"line 2", "empty name"});
  expect(header + "a,string,@ip:,text,m\n", {"line 2", "empty name"});
  expect(header + "a,string,x,text,\"open\n", {"line 2", "closing quote"});
  expect(header + "a,string,x,text,m\na,string,y,text,m\n", {"line 3", "declared already", "a"});
  SchemaCatalog catalog;
  EXPECT_FALSE(catalog.AddCsv("bad name", header + "a,string,x,text,m\n").ok());
}

}  // namespace
}  // namespace keywatch::record
