#include "app/page/api.h"

#include <gtest/gtest.h>

#include "engine/record/dynamic.h"
#include "tests/support/text_match.h"
#include "tests/unit/app/page/page_fixture.h"

namespace keywatch::app::page {
namespace {

using record::Dynamic;

Dynamic MustParse(const std::string& text) {
  std::optional<Dynamic> value = record::ParseJson(text);
  EXPECT_TRUE(value) << text;
  return value ? *value : Dynamic();
}

const Dynamic& At(const Dynamic& value, const char* list) {
  static const Dynamic none;
  const Dynamic* found = value.Find(list);
  const Dynamic* first = found == nullptr ? nullptr : found->At(0);
  return first == nullptr ? none : *first;
}

TEST(Api, IsJsonWhateverTheTexts) {
  PageFixture made("\"\\\n\x01</script>\xFF");
  for (const std::string& text : {AlertListJson(made.list),
                                  AlertJson(made.entry),
                                  RulesJson(made.service),
                                  SourcesJson(made.service),
                                  SinksJson(made.service),
                                  ErrorJson("\"\n"),
                                  AlertSummaryJson(made.entry, false)}) {
    MustParse(text);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), text.ends_with("\n") ? 1 : 0)
        << "one line: it may be the data of an event";
  }
}

TEST(Api, List) {
  PageFixture made("x");
  Dynamic all = MustParse(AlertListJson(made.list));
  EXPECT_TRUE(all.Find("next")->is_null());
  const Dynamic& alert = At(all, "alerts");
  EXPECT_EQ(*alert.Find("title")->string(), "Title x");
  EXPECT_EQ(*alert.Find("rule")->Find("id")->string(), made.rule.id);
  EXPECT_EQ(*At(alert, "deliveries").Find("state")->string(), "pending");
  EXPECT_EQ(*alert.Find("path")->string(), "/alerts/00112233445566778899aabbccddeeff");
  made.list.at_end = false;
  made.list.next_before = 7;
  made.list.filter.severities = {"High"};
  all = MustParse(AlertListJson(made.list));
  EXPECT_EQ(*all.Find("next")->string(), "/api/v1/alerts?severity=High&before=7");
}

TEST(Api, AnAlertIsGivenUnchanged) {
  PageFixture made("x");
  EXPECT_TRUE(tests::Has(AlertJson(made.entry), ",\"alert\":" + made.entry.stored.json + "}"));
}

TEST(Api, RulesSourcesSinks) {
  PageFixture made("x");
  const Dynamic rules = MustParse(RulesJson(made.service));
  EXPECT_EQ(std::get<double>(At(rules, "rules").Find("timeShare")->held), 0.75);
  EXPECT_EQ(std::get<bool>(At(rules, "rules").Find("learning")->held), true);
  const Dynamic sources = MustParse(SourcesJson(made.service));
  EXPECT_EQ(std::get<int64_t>(At(sources, "sources").Find("records")->held), 40'057);
  EXPECT_EQ(std::get<int64_t>(At(sources, "blindIntervals").Find("count")->held), 17);
  EXPECT_TRUE(At(sources, "blindIntervals").Find("to")->is_null());
  const Dynamic sinks = MustParse(SinksJson(made.service));
  EXPECT_EQ(std::get<int64_t>(At(sinks, "sinks").Find("queued")->held), 3);
  made.service.worker = nullptr;
  MustParse(RulesJson(made.service));
  MustParse(SourcesJson(made.service));
}

}  // namespace
}  // namespace keywatch::app::page
