#include "engine/rule/watchlist_catalogs.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "engine/rule/rule_compiler.h"
#include "tests/support/temp_dir.h"
#include "tests/support/text_match.h"

namespace keywatch::rule {
namespace {

using tests::Has;

constexpr const char* kRuleOnKnown = R"(
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

class WatchlistCatalogsTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) { return folder_.path() + "/" + name; }
  void Write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(Path(name)).parent_path());
    std::ofstream(Path(name)) << text;
  }
  // A list of one column in `folder`, with rows of these keys.
  void WriteList(const std::string& folder,
                 const std::string& file,
                 const std::string& alias,
                 const std::vector<std::string>& keys) {
    Write(folder + "/" + file + ".yaml",
          "alias: " + alias +
              "\nsearchKey: Key\ncolumns: [{name: Key}, {name: Expires, type: datetime}, "
              "{name: Reason}]\n");
    std::string csv = "Key,Expires,Reason\n";
    for (const std::string& key : keys)
      csv += key + ",2027-01-01,test\n";
    Write(folder + "/" + file + ".csv", csv);
  }
  // The search keys that a rule sees in the list; "none" if it sees no such list.
  static std::vector<std::string> Keys(const record::SchemaCatalog& catalog,
                                       const std::string& alias) {
    const record::Watchlist* watchlist = catalog.FindWatchlist(alias);
    if (watchlist == nullptr)
      return {"none"};
    std::vector<std::string> keys;
    for (const record::Row& row : watchlist->rows)
      keys.push_back(row[*watchlist->schema.Find("SearchKey")].string());
    return keys;
  }

  using Texts = std::vector<std::string>;
  tests::TempDir folder_;
};

TEST_F(WatchlistCatalogsTest, AListOfTheSiteStandsForThatBesideTheRuleAsAWhole) {
  WriteList("rules/watchlists", "Known", "Known", {"shipped"});
  WriteList("rules/watchlists", "Other", "Other", {"shipped"});
  WriteList("site", "mine", "Known", {"a", "b"});
  WatchlistCatalogs catalogs({}, {Path("site")});
  const record::SchemaCatalog& seen = catalogs.Of(Path("rules/keyvault/x.yaml"));
  EXPECT_EQ(Keys(seen, "Known"), Texts({"a", "b"}));
  EXPECT_EQ(Keys(seen, "Other"), Texts({"shipped"}));
  EXPECT_TRUE(catalogs.TakeProblems().empty());
}

TEST_F(WatchlistCatalogsTest, ARuleWithoutAFolderNearbySeesThoseOfTheSite) {
  WriteList("site", "Known", "Known", {"a"});
  WatchlistCatalogs catalogs({}, {Path("site")});
  EXPECT_EQ(Keys(catalogs.Of(Path("elsewhere/x.yaml")), "Known"), Texts({"a"}));
}

TEST_F(WatchlistCatalogsTest, OfTwoFoldersOfTheSiteTheLaterCounts) {
  WriteList("one", "Known", "Known", {"1"});
  WriteList("two", "Known", "Known", {"2"});
  EXPECT_EQ(Keys(WatchlistCatalogs({}, {Path("one"), Path("two")}).Of("x"), "Known"), Texts({"2"}));
  EXPECT_EQ(Keys(WatchlistCatalogs({}, {Path("two"), Path("one")}).Of("x"), "Known"), Texts({"1"}));
}

TEST_F(WatchlistCatalogsTest, AListOfTheSiteThatDoesNotLoadHidesTheOthersToo) {
  WriteList("rules/watchlists", "Known", "Known", {"shipped"});
  WriteList("one", "Known", "Known", {"1"});
  WriteList("two", "mine", "Known", {"2"});
  Write("two/mine.csv", "Key\n");
  WatchlistCatalogs catalogs({}, {Path("one"), Path("two")});
  EXPECT_EQ(Keys(catalogs.Of(Path("rules/x.yaml")), "Known"), Texts({"none"}));
  std::vector<WatchlistLoad> problems = catalogs.TakeProblems();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(Has(problems[0].report, "two/mine.csv: error: line 1"));
  EXPECT_TRUE(catalogs.TakeProblems().empty()) << "said once";
}

TEST_F(WatchlistCatalogsTest, WithoutAFolderOfTheSiteNoRuleSeesAnyList) {
  WriteList("rules/watchlists", "Known", "Known", {"shipped"});
  WriteList("one", "Mine", "Mine", {"1"});
  WatchlistCatalogs catalogs({}, {Path("one"), Path("gone")});
  EXPECT_EQ(Keys(catalogs.Of(Path("rules/x.yaml")), "Known"), Texts({"none"}));
  EXPECT_EQ(Keys(catalogs.Of(Path("rules/x.yaml")), "Mine"), Texts({"none"}));
  std::vector<WatchlistLoad> problems = catalogs.TakeProblems();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(Has(problems[0].report, Path("gone") + ": expected a folder with watchlists"));
}

TEST_F(WatchlistCatalogsTest, TwoListsOfOneFolderWithTheSameAliasAreAnError) {
  WriteList("site", "a", "Known", {"1"});
  WriteList("site", "b", "Known", {"2"});
  WatchlistCatalogs catalogs({}, {Path("site")});
  EXPECT_EQ(Keys(catalogs.Of("x"), "Known"), Texts({"none"}));
  std::vector<WatchlistLoad> problems = catalogs.TakeProblems();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(Has(problems[0].report, "b.yaml: error: the alias Known is that of"));
}

TEST_F(WatchlistCatalogsTest, TheSiteMayKeepItsListsBesideItsRules) {
  WriteList("etc/watchlists", "Known", "Known", {"a"});
  Write("etc/watchlists/bad.yaml", "columns: []\n");
  WatchlistCatalogs catalogs({}, {Path("etc/watchlists")});
  EXPECT_EQ(Keys(catalogs.Of(Path("etc/rules/x.yaml")), "Known"), Texts({"a"}));
  EXPECT_EQ(catalogs.TakeProblems().size(), 1U) << "read once, so said once";
}

TEST_F(WatchlistCatalogsTest, AFolderIsReadOnceForAllRules) {
  WriteList("rules/watchlists", "Known", "Known", {"a"});
  WatchlistCatalogs catalogs({}, {});
  const record::SchemaCatalog& first = catalogs.Of(Path("rules/keyvault/x.yaml"));
  std::filesystem::remove_all(Path("rules/watchlists"));
  EXPECT_EQ(&catalogs.Of(Path("rules/keyvault/y.yaml")), &first);
}

TEST_F(WatchlistCatalogsTest, RulesAreCompiledWithTheListsOfTheSite) {
  WriteList("rules/watchlists", "Known", "Known", {"shipped"});
  Write("rules/x.yaml", kRuleOnKnown);
  const record::SchemaCatalog& tables = record::SchemaCatalog::Builtin();
  std::vector<LoadedRule> loaded = LoadAndCompile({Path("rules")}, tables, {Path("gone")});
  ASSERT_EQ(loaded.size(), 2U);
  EXPECT_EQ(loaded[0].path, Path("gone"));
  EXPECT_TRUE(loaded[0].has_errors);
  EXPECT_TRUE(Has(loaded[1].report, "there is no watchlist: Known"));
  WriteList("site", "Known", "Known", {"a"});
  loaded = LoadAndCompile({Path("rules")}, tables, {Path("site")});
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_TRUE(loaded[0].compiled) << loaded[0].report;
}

}  // namespace
}  // namespace keywatch::rule
