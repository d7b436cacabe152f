// All pages: what they show, and that nothing that comes from outside becomes markup.
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "app/page/alert_list_page.h"
#include "app/page/alert_page.h"
#include "app/page/layout.h"
#include "app/page/rules_page.h"
#include "app/page/sinks_page.h"
#include "app/page/sources_page.h"
#include "tests/support/text_match.h"
#include "tests/unit/app/page/page_fixture.h"

namespace keywatch::app::page {
namespace {

using tests::Has;

std::vector<std::string> AllPages(const PageFixture& made) {
  AlertFilter filter;
  filter.text = filter.resource = made.service.sinks[0].name;
  AlertList narrow = made.list;
  narrow.filter = filter;
  narrow.at_end = false;
  return {
      AlertListPage(made.service, narrow, made.service.sinks[0].name).str(),
      AlertPage(made.service, made.entry).str(),
      RulesPage(made.service).str(),
      RulePage(made.service, made.service.worker->rules[0], made.list).str(),
      SourcesPage(made.service).str(),
      SinksPage(made.service).str(),
      LoginPage(made.service.sinks[0].name, made.service.sinks[0].name).str(),
      MessagePage(made.service, "Not found", made.service.sinks[0].name).str(),
  };
}

TEST(Pages, NothingFromOutsideBecomesMarkup) {
  PageFixture made("\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;");
  for (const std::string& page : AllPages(made)) {
    EXPECT_FALSE(Has(page, "<script>alert")) << page;
    EXPECT_FALSE(Has(page, "<img")) << page;
    // Every quote of it is escaped, so it cannot leave an attribute.
    EXPECT_FALSE(Has(page, "\"'>")) << page;
    EXPECT_TRUE(Has(page, "&lt;script&gt;") || Has(page, "%3Cscript%3E"));
    EXPECT_FALSE(Has(page, "&amp;&")) << "escaped once, not twice";
  }
}

TEST(Pages, NothingFromOutsideHidesOrReorders) {
  PageFixture made("a\u202Eb\x1b[2Jc\u200Bd");
  for (const std::string& page : AllPages(made)) {
    EXPECT_FALSE(Has(page, "\u202E"));
    EXPECT_FALSE(Has(page, "\x1b"));
    EXPECT_FALSE(Has(page, "\u200B"));
    EXPECT_TRUE(Has(page, "a[U+202E]b\u241b[2Jc[U+200B]d") || Has(page, "%E2%80%AE"));
  }
}

TEST(Pages, NoStyleAndNoScriptInThePage) {
  PageFixture made("x");
  for (const std::string& page : AllPages(made)) {
    EXPECT_FALSE(Has(page, " style=")) << "the content security policy would refuse it";
    EXPECT_FALSE(Has(page, "<style"));
    EXPECT_FALSE(Has(page, "javascript:"));
    EXPECT_FALSE(Has(page, "onclick"));
  }
}

TEST(Pages, TheListShowsAlertsTheirStateAndTheFilter) {
  PageFixture made("x");
  made.list.filter.severities = {"High"};
  made.list.filter.text = "eve";
  made.list.at_end = false;
  made.list.next_before = 7;
  std::string page = AlertListPage(made.service, made.list, "").str();
  EXPECT_TRUE(Has(page, "href=\"/alerts/00112233445566778899aabbccddeeff\""));
  EXPECT_TRUE(Has(page, "Title x"));
  EXPECT_TRUE(Has(page, "5 s ago"));
  EXPECT_TRUE(Has(page, "0 of 1 sent"));
  EXPECT_TRUE(Has(page, "<option value=\"High\" selected>"));
  EXPECT_TRUE(Has(page, "value=\"eve\""));
  EXPECT_TRUE(Has(page, "href=\"/?severity=High&amp;text=eve&amp;before=7\""));
  EXPECT_TRUE(Has(page, "Not ready"));
}

TEST(Pages, AnEmptyListSaysWhy) {
  PageFixture made("x");
  EXPECT_TRUE(Has(AlertListPage(made.service, {}, "").str(), "No alert so far"));
  AlertList narrow;
  narrow.filter.text = "eve";
  EXPECT_TRUE(Has(AlertListPage(made.service, narrow, "").str(), "No alert fits this filter"));
}

TEST(Pages, TheStoryOfAnAlert) {
  PageFixture made("x");
  std::string page = AlertPage(made.service, made.entry).str();
  EXPECT_TRUE(Has(page, "Fires when the query over the last 1 h gives more than 0 rows"));
  EXPECT_TRUE(Has(page, "AzureDiagnostics | where x == &#39;x&#39;"));
  size_t event = page.find("<b>Event</b>");
  size_t evaluated = page.find("<b>Evaluated</b>");
  ASSERT_NE(event, std::string::npos);
  ASSERT_NE(evaluated, std::string::npos);
  EXPECT_LT(event, evaluated);
  EXPECT_TRUE(Has(page, "again in 1 min"));
  EXPECT_TRUE(Has(page, "&quot;operationName&quot;: &quot;KeyGet&quot;"));
  EXPECT_FALSE(Has(page, "has changed since"));
  made.rule.sha256 = std::string(64, 'b');
  EXPECT_TRUE(Has(AlertPage(made.service, made.entry).str(), "has changed since"));
  made.service.worker = nullptr;
  EXPECT_TRUE(Has(AlertPage(made.service, made.entry).str(), "not loaded now"));
}

TEST(Pages, RulesShowLearningAndCost) {
  PageFixture made("x");
  const pipeline::WorkerView& worker = *made.service.worker;
  EXPECT_DOUBLE_EQ(CostShare(worker, worker.rules[0].busy), 0.75);
  EXPECT_DOUBLE_EQ(LearningShare(worker.rules[0], worker.newest_event), 0.25);
  std::string page = RulesPage(made.service).str();
  EXPECT_TRUE(Has(page, "75.0 %"));
  EXPECT_TRUE(Has(page, "learning, 25.0 % of its window is covered"));
  EXPECT_TRUE(Has(page, "1,234"));
  EXPECT_TRUE(Has(page, "1 min ago"));
}

TEST(Pages, SourcesShowBlindIntervals) {
  PageFixture made("x");
  std::string page = SourcesPage(made.service).str();
  EXPECT_TRUE(Has(page, "40,057"));
  EXPECT_TRUE(Has(page, "not connected"));
  EXPECT_TRUE(Has(page, "records were gone at the source"));
  EXPECT_TRUE(Has(page, ">17<"));
  EXPECT_TRUE(Has(page, "open"));
}

TEST(Pages, BeforeTheStateIsRestoredThereIsAPage) {
  PageFixture made("x");
  made.service.worker = nullptr;
  EXPECT_TRUE(Has(RulesPage(made.service).str(), "being restored"));
  EXPECT_TRUE(Has(SourcesPage(made.service).str(), "being restored"));
  EXPECT_TRUE(Has(AlertListPage(made.service, {}, "").str(), "No alert so far"));
}

}  // namespace
}  // namespace keywatch::app::page
