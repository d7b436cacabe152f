#include "engine/rule/watchlist_file.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "engine/rule/rule_compiler.h"
#include "tests/support/temp_dir.h"
#include "tests/support/text_match.h"

namespace keywatch::rule {
namespace {

using tests::Has;

constexpr const char* kSchema = R"(
alias: Known
searchKey: Address
columns:
  - {name: Address, type: address}
  - {name: Owner, type: guid}
  - {name: Expires, type: datetime}
  - {name: Reason}
)";
constexpr const char* kOwner = "aaaaaaaa-0000-4000-8000-000000000001";

constexpr const char* kRule = R"(
id: b1f5a5c5-5d0a-4a0c-9d7e-0f5c4a7a1e99
name: x
description: x
severity: High
kind: NRT
tactics: []
relevantTechniques: []
query: AzureDiagnostics | where CallerIPAddress in (_GetWatchlist("Known") | project SearchKey)
entityMappings: []
version: 1.0.0
)";

class WatchlistFile : public testing::Test {
 protected:
  WatchlistFile() { std::filesystem::create_directories(Path("rules/watchlists")); }

  std::string Path(const std::string& name) { return folder_.path() + "/" + name; }
  void Write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(Path(name)).parent_path());
    std::ofstream(Path(name)) << text;
  }
  // The watchlist of kSchema, or of another, with these rows.
  WatchlistLoad Load(const std::string& csv, const std::string& schema = kSchema) {
    Write("rules/watchlists/Known.yaml", schema);
    Write("rules/watchlists/Known.csv", csv);
    std::vector<WatchlistLoad> loads = LoadWatchlists(Path("rules/watchlists"));
    return loads.size() == 1 ? loads[0] : WatchlistLoad();
  }

  tests::TempDir folder_;
};

TEST_F(WatchlistFile, RowsAreStringsAndTheSearchKeyIsRepeated) {
  // Another order of the columns, a byte order mark, CRLF, quotes and a blank line.
  WatchlistLoad load = Load(
      "\xEF\xBB\xBFReason,Expires,Address,Owner\r\n"
      "\"the \"\"night\"\" job, of HSM 1\",2027-01-01,10.1.0.4,\r\n"
      "\r\n"
      "vpn,2026-06-30T12:00:00Z,2001:db8::/32," +
      std::string(kOwner) + "\r\n");
  ASSERT_TRUE(load.watchlist) << load.report;
  EXPECT_EQ(load.watchlist->alias, "Known");
  const record::Schema& schema = load.watchlist->schema;
  ASSERT_EQ(load.watchlist->rows.size(), 2U);
  const record::Row& first = load.watchlist->rows[0];
  EXPECT_EQ(first[*schema.Find("SearchKey")].string(), "10.1.0.4");
  EXPECT_EQ(first[*schema.Find("Reason")].string(), "the \"night\" job, of HSM 1");
  EXPECT_EQ(first[*schema.Find("Owner")].string(), "");
  EXPECT_EQ(load.watchlist->rows[1][*schema.Find("Expires")].string(), "2026-06-30T12:00:00Z");
}

TEST_F(WatchlistFile, EveryCellThatIsWrongIsNamed) {
  WatchlistLoad load = Load(
      "Address,Owner,Expires,Reason\n"
      "10.1.0.4x,someone,2027-13-01,job\n"
      "10.1.0.4,,,\n"
      "10.1.0.4\n"
      "\"10.1.0.4,,2027-01-01,job\n");
  EXPECT_FALSE(load.watchlist);
  EXPECT_TRUE(
      Has(load.report, "Known.csv: error: line 2: Address: expected address, found 10.1.0.4x"));
  EXPECT_TRUE(Has(load.report, "line 2: Owner: expected guid, found someone"));
  EXPECT_TRUE(Has(load.report, "line 2: Expires: expected datetime, found 2027-13-01"));
  EXPECT_TRUE(Has(load.report, "line 3: Expires: expected a value, found nothing"));
  EXPECT_TRUE(Has(load.report, "line 3: Reason: expected a value, found nothing"));
  EXPECT_TRUE(Has(load.report, "line 4: expected 4 fields, found 1"));
  EXPECT_TRUE(Has(load.report, "line 5: expected a closing quote"));
}

TEST_F(WatchlistFile, TheHeaderHoldsTheDeclaredColumns) {
  EXPECT_TRUE(Has(Load("Address,Expires,Reason\n").report,
                  "line 1: expected the columns Address,Owner,Expires,Reason, found 3 of them"));
  EXPECT_TRUE(Has(Load("Address,Owner,Expires,Why\n").report, "found Why"));
  EXPECT_TRUE(Has(Load("").report, "line 1: expected a header line"));
}

TEST_F(WatchlistFile, ExpiryAndReasonAreColumnsOfEveryWatchlist) {
  WatchlistLoad load = Load(
      "", "searchKey: Nothing\ncolumns: [{name: Address, type: ip}, {name: 1a}, {name: 1a}]\n");
  EXPECT_FALSE(load.watchlist);
  EXPECT_TRUE(Has(load.report, "expected a column Expires of type datetime"));
  EXPECT_TRUE(Has(load.report, "expected a column Reason of type string"));
  EXPECT_TRUE(Has(load.report, "searchKey: there is no column Nothing"));
  EXPECT_TRUE(Has(load.report, "expected a column name of letters, digits and _, found 1a"));
  EXPECT_TRUE(Has(load.report, "this column is declared twice: 1a"));
  EXPECT_TRUE(Has(load.report, "type: "));
}

TEST_F(WatchlistFile, RowsAreBounded) {
  std::string csv = "Address,Owner,Expires,Reason\n";
  for (size_t i = 0; i <= kMaxWatchlistRows; ++i)
    csv += "10.1.0.4,,2027-01-01,job\n";
  EXPECT_TRUE(Has(Load(csv).report, "expected at most 100000 rows"));
}

TEST_F(WatchlistFile, ARuleSeesTheNearestFolder) {
  Write("rules/a/b/x.yaml", "");
  EXPECT_EQ(WatchlistFolderOf(Path("rules/a/b/x.yaml")), Path("rules/watchlists"));
  std::filesystem::create_directories(Path("rules/a/watchlists"));
  EXPECT_EQ(WatchlistFolderOf(Path("rules/a/b/x.yaml")), Path("rules/a/watchlists"));
  EXPECT_EQ(WatchlistFolderOf(Path("rules/a/b/c/d/e/x.yaml")), std::nullopt);
}

TEST_F(WatchlistFile, RulesAreCompiledWithTheRows) {
  Load("Address,Owner,Expires,Reason\n10.1.0.4,,2027-01-01,job\n");
  Write("rules/keyvault/x.yaml", kRule);
  std::vector<LoadedRule> loaded =
      LoadAndCompile({Path("rules")}, record::SchemaCatalog::Builtin());
  ASSERT_EQ(loaded.size(), 1U) << "no rule is looked for in the folder of the watchlists";
  EXPECT_TRUE(loaded[0].compiled) << loaded[0].report;
}

TEST_F(WatchlistFile, ABrokenWatchlistIsAFileThatDoesNotLoad) {
  Load("Address\n");
  Write("rules/keyvault/x.yaml", kRule);
  std::vector<LoadedRule> loaded =
      LoadAndCompile({Path("rules")}, record::SchemaCatalog::Builtin());
  ASSERT_EQ(loaded.size(), 2U);
  EXPECT_TRUE(loaded[0].has_errors);
  EXPECT_TRUE(Has(loaded[0].path, "Known.yaml"));
  EXPECT_TRUE(loaded[1].has_errors);
  EXPECT_TRUE(Has(loaded[1].report, "there is no watchlist: Known"));
}

TEST_F(WatchlistFile, RowsOfATest) {
  std::optional<record::Watchlist> watchlist = Load("Address,Owner,Expires,Reason\n").watchlist;
  ASSERT_TRUE(watchlist);
  std::string unknown;
  EXPECT_TRUE(AddRow({{"Address", "10.1.0.4"}}, &*watchlist, &unknown));
  EXPECT_EQ(watchlist->rows[0][*watchlist->schema.Find("SearchKey")].string(), "10.1.0.4");
  EXPECT_FALSE(AddRow({{"Adress", "10.1.0.4"}}, &*watchlist, &unknown));
  EXPECT_EQ(unknown, "Adress");
}

}  // namespace
}  // namespace keywatch::rule
