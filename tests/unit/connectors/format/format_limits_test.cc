// An alert as large as one can be stays within what each receiver takes, and stays valid JSON.
#include <gtest/gtest.h>

#include "connectors/format/cef.h"
#include "connectors/format/log_analytics.h"
#include "connectors/format/pagerduty.h"
#include "connectors/format/shorten.h"
#include "connectors/format/slack.h"
#include "connectors/format/teams.h"
#include "connectors/format/text_limits.h"
#include "engine/alert/alert_json.h"
#include "engine/alert/json_text.h"

namespace keywatch::format {
namespace {

std::string LargestAlert(const std::string& text) {
  alert::Alert alert;
  alert.id = std::string(32, 'a');
  alert.rule = {"rule", text, text, "NRT", std::string(64, 'b')};
  alert.severity = "High";
  alert.tactics.assign(500, "CredentialAccess");
  alert.techniques.assign(500, "T1555.006");
  alert.title = text;
  alert.description = text;
  for (int i = 0; i < 200; ++i)
    alert.entities.push_back({"Host", {{"HostName", text.substr(0, 600)}}});
  record::Evidence evidence;
  evidence.record = "{\"operationName\":\"" + std::string(60'000, 'x') + "\"}";
  alert.evidence.assign(20, evidence);
  return alert::ToJson(alert);
}

std::string Times(size_t count, const std::string& text) {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out += text;
  return out;
}

TEST(FormatLimits, TheLargestAlertFitsEverywhere) {
  for (const char* unit : {"\"", "\\", "é", "𝛼", "<", "\x01", "\n", "a "}) {
    std::string alert = LargestAlert(Times(5000, unit));
    ASSERT_GT(alert.size(), 400'000U);
    Result<Message> slack = ToSlack(alert);
    ASSERT_TRUE(slack);
    EXPECT_LT(slack->body.size(), 40'000U) << unit;
    Result<Message> teams = ToTeams(alert);
    ASSERT_TRUE(teams);
    EXPECT_LT(teams->body.size(), 25'000U) << unit;
    Result<Message> pager = ToPagerDuty(alert, std::string(32, 'r'));
    ASSERT_TRUE(pager);
    EXPECT_LE(pager->body.size(), 512'000U) << unit;
    Result<Message> row = ToLogAnalytics(alert);
    ASSERT_TRUE(row);
    EXPECT_LT(row->body.size(), 1'000'000U) << unit;
    Result<Message> syslog = ToSyslog(alert, {"1", "host", ""}, 16);
    ASSERT_TRUE(syslog);
    EXPECT_LT(syslog->body.size(), 8192U) << unit;
    Result<std::string> brief = Shortened(alert);
    ASSERT_TRUE(brief);
    EXPECT_LT(brief->size(), 130'000U) << unit;  // names of rules stay whole
    EXPECT_TRUE(alert::IsPlainJson(*brief)) << unit;
    EXPECT_TRUE(ToSlack(*brief)) << unit;
  }
}

TEST(TextLimits, CutsAtCharacters) {
  EXPECT_EQ(CutCharacters("abc", 3), "abc");
  EXPECT_EQ(CutCharacters("abcd", 3), "ab…");
  EXPECT_EQ(CutCharacters("éé", 2), "éé");
  EXPECT_EQ(CutCharacters("ééé", 2), "é…");
  EXPECT_EQ(CutCharacters("𝛼𝛼", 4), "𝛼𝛼");  // two UTF-16 units each
  EXPECT_EQ(CutCharacters("𝛼𝛼", 3), "𝛼…");
  EXPECT_EQ(CutCharacters("a", 0), "");
  EXPECT_EQ(CutBytes("éé", 3), "é");
}

TEST(TextLimits, NothingHides) {
  EXPECT_EQ(Visible("a\nb\tc\r\n"), "a\nb c\n");
  EXPECT_EQ(Visible("\x01|\u202e|\u200b|\u00ad|\ufeff|\x7f|\u0085"),
            "\ufffd|\ufffd|\ufffd|\ufffd|\ufffd|\ufffd|\ufffd");
  EXPECT_EQ(Visible("é€𝛼"), "é€𝛼");
  EXPECT_EQ(VisibleLine(" a \n\n b\n"), "a b");
}

}  // namespace
}  // namespace keywatch::format
