#include "app/history/history.h"

#include <gtest/gtest.h>

#include "tests/support/rule_of.h"
#include "tests/support/temp_dir.h"

namespace keywatch::app {
namespace {

std::string Purge(int minute, const std::string& category = "AuditEvent") {
  const std::string two = (minute < 10 ? "0" : "") + std::to_string(minute);
  return R"({"time":"2026-03-01T10:)" + two + R"(:00Z","category":")" + category +
         R"(","operationName":"SecretPurge","correlationId":"c)" + two +
         R"(","callerIpAddress":"203.0.113.)" + two +
         R"(","resourceId":"/SUBSCRIPTIONS/1/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V"})"
         "\n";
}

class HistoryTest : public testing::Test {
 protected:
  pipeline::RuleEngine EngineOf(const std::string& query) {
    std::vector<rule::CompiledRule> rules;
    rules.push_back(tests::RuleOf(query));
    return {std::move(rules), record::SchemaCatalog::Builtin(), {}};
  }

  Result<HistoryTotals> Read(pipeline::RuleEngine* engine, bool to_the_end, size_t most = 1000) {
    raised_ = 0;
    return ReadHistory(
        {dir_.path()}, to_the_end, stop_, engine, [&](const std::vector<alert::Alert>& alerts) {
          raised_ += alerts.size();
          return raised_ < most;
        });
  }

  tests::TempDir dir_;
  std::atomic<bool> stop_ = false;
  size_t raised_ = 0;
};

TEST_F(HistoryTest, FilesAreMergedAndCounted) {
  tests::WriteFile(dir_.File("b.json"), Purge(3) + Purge(1) + Purge(1));
  tests::WriteFile(dir_.File("a.json"),
                   Purge(2) + "not json\n" + Purge(5, "AzurePolicyEvaluationDetails"));
  pipeline::RuleEngine engine = EngineOf(tests::kPurges);
  Result<HistoryTotals> totals = Read(&engine, /*to_the_end=*/false);
  ASSERT_TRUE(totals) << totals.error().message();
  EXPECT_EQ(totals->rows, 4U);
  EXPECT_EQ(totals->duplicates, 1U);
  EXPECT_EQ(totals->other_category, 1U);
  EXPECT_EQ(totals->set_aside.size(), 1U);
  EXPECT_FALSE(totals->stopped);
  EXPECT_EQ(record::FormatDatetimeShort(totals->oldest), "2026-03-01T10:01:00Z");
  EXPECT_EQ(record::FormatDatetimeShort(totals->newest), "2026-03-01T10:03:00Z");
  EXPECT_EQ(raised_, 3U);
  EXPECT_EQ(engine.newest(), totals->newest);
  const std::string summary = Summary(*totals);
  EXPECT_EQ(summary.find("4 records read, 1 of them seen before; 1 of other categories skipped; 1 "
                         "set aside\n  set aside: 1 "),
            0U)
      << summary;
  EXPECT_NE(summary.find("a.json"), std::string::npos) << summary;
}

TEST_F(HistoryTest, ToTheEndRaisesWhatWaited) {
  tests::WriteFile(dir_.File("a.json"), Purge(1));
  pipeline::RuleEngine open = EngineOf(tests::kQuiet);
  ASSERT_TRUE(Read(&open, /*to_the_end=*/false));
  EXPECT_EQ(raised_, 0U);
  pipeline::RuleEngine ended = EngineOf(tests::kQuiet);
  ASSERT_TRUE(Read(&ended, /*to_the_end=*/true));
  EXPECT_EQ(raised_, 1U);
}

TEST_F(HistoryTest, EndsWhenNobodyTakesAlertsOrItIsStopped) {
  tests::WriteFile(dir_.File("a.json"), Purge(1) + Purge(2));
  pipeline::RuleEngine engine = EngineOf(tests::kPurges);
  Result<HistoryTotals> totals = Read(&engine, /*to_the_end=*/true, /*most=*/1);
  ASSERT_TRUE(totals);
  EXPECT_TRUE(totals->stopped);
  stop_ = true;
  pipeline::RuleEngine other = EngineOf(tests::kPurges);
  totals = Read(&other, /*to_the_end=*/true);
  ASSERT_TRUE(totals);
  EXPECT_TRUE(totals->stopped);
}

TEST_F(HistoryTest, FilesThatAreNotThereAreAnError) {
  pipeline::RuleEngine engine = EngineOf(tests::kPurges);
  Result<HistoryTotals> totals = ReadHistory(
      {dir_.File("none.json")}, false, stop_, &engine, [](const auto&) { return true; });
  ASSERT_FALSE(totals);
  EXPECT_NE(totals.error().message().find("none.json"), std::string::npos);
}

}  // namespace
}  // namespace keywatch::app
