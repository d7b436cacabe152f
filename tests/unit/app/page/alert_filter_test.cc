#include "app/page/alert_filter.h"

#include <gtest/gtest.h>

namespace keywatch::app::page {
namespace {

using Query = std::map<std::string, std::string>;

AlertFilter MustRead(const Query& query) {
  Result<AlertFilter> filter = ReadFilter(query);
  EXPECT_TRUE(filter) << (filter ? "" : filter.error().message());
  return filter ? *filter : AlertFilter();
}

std::string ErrorOf(const Query& query) {
  Result<AlertFilter> filter = ReadFilter(query);
  return filter ? "" : filter.error().message();
}

TEST(AlertFilter, EveryFilterIsALink) {
  AlertFilter filter = MustRead({{"severity", "high,Medium"},
                                 {"rule", "ABC"},
                                 {"resource", "kv/1"},
                                 {"text", "a & b"},
                                 {"before", "17"},
                                 {"limit", "20"},
                                 {"v", "ignored"}});
  EXPECT_EQ(filter.severities, (std::vector<std::string>{"High", "Medium"}));
  EXPECT_EQ(ToQuery(filter),
            "?severity=High,Medium&rule=abc&resource=kv%2F1&text=a%20%26%20b&before=17&limit=20");
  EXPECT_EQ(ToQuery(AlertFilter()), "");
  EXPECT_FALSE(AlertFilter().IsNarrow());
  EXPECT_TRUE(filter.IsNarrow());
}

TEST(AlertFilter, SaysWhatWasExpected) {
  EXPECT_EQ(
      ErrorOf({{"severity", "Hihg"}}),
      "severity: expected High, Medium, Low or Informational, several with commas; found Hihg");
  EXPECT_EQ(ErrorOf({{"limit", "0"}}), "limit: expected a number from 1 to 200, found 0");
  EXPECT_EQ(ErrorOf({{"limit", "1e3"}}), "limit: expected a number from 1 to 200, found 1e3");
  EXPECT_NE(ErrorOf({{"before", "-1"}}), "");
  EXPECT_NE(ErrorOf({{"text", std::string(201, 'x')}}), "");
}

state::StoredAlert Alert() {
  state::StoredAlert alert;
  alert.id = "1";
  alert.rule_id = "rule-a";
  alert.severity = "High";
  alert.json =
      R"({"title":"Say \"hi\"","entities":[{"type":"AzureResource","identifiers":{"ResourceId":"/x/vaults/Prod-KV"}}],"row":{"Caller":"eve@example.com"}})";
  return alert;
}

bool Matches(const Query& query) { return AlertMatcher(MustRead(query)).Matches(Alert()); }

TEST(AlertFilter, Matches) {
  EXPECT_TRUE(Matches({}));
  EXPECT_TRUE(Matches({{"severity", "High"}}));
  EXPECT_FALSE(Matches({{"severity", "Medium,Low"}}));
  EXPECT_TRUE(Matches({{"rule", "Rule-A"}}));
  EXPECT_FALSE(Matches({{"rule", "rule"}}));
  EXPECT_TRUE(Matches({{"text", "EVE@example"}}));
  EXPECT_TRUE(Matches({{"text", "  eve   \"hi\" "}})) << "all words, quotes too";
  EXPECT_FALSE(Matches({{"text", "eve mallory"}}));
  EXPECT_TRUE(Matches({{"resource", "prod-kv"}}));
  EXPECT_FALSE(Matches({{"resource", "eve"}})) << "a resource, not any text";
}

TEST(AlertFilter, AnEndIsNoAlert) {
  state::StoredAlert end = Alert();
  end.id = "1-ended";
  EXPECT_FALSE(AlertMatcher({}).Matches(end));
  EXPECT_TRUE(AlertMatcher({}).MatchesEither(end));
}

}  // namespace
}  // namespace keywatch::app::page
