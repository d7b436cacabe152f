#include "engine/rule/rule_test_match.h"

#include <gtest/gtest.h>

#include "tests/support/text_match.h"

namespace keywatch::rule {
namespace {

using tests::Has;
using Texts = std::vector<std::string>;

alert::Alert Raised(const std::string& address, const std::string& severity = "High") {
  alert::Alert alert;
  alert.severity = severity;
  alert.title = "Title";
  alert.interval_start = record::kUnixEpoch;
  alert.entities = {{"IP", {{"Address", address}}}};
  alert.custom_details = {{"Count", record::Value::Long(10)}};
  alert.row = {{"Caller", record::Value::String("c")}};
  return alert;
}

ExpectedAlert Expected(const std::string& address, int64_t count = 1) {
  ExpectedAlert expected;
  expected.count = count;
  if (!address.empty())
    expected.entities = {{"IP", address}};
  return expected;
}

TEST(CompareAlerts, NoneExpectedNoneRaised) { EXPECT_EQ(CompareAlerts({}, {}), Texts()); }

TEST(CompareAlerts, AnAlertThatIsNotExpectedFails) {
  EXPECT_TRUE(Has(CompareAlerts({}, {Raised("1.1.1.1")}).at(0),
                  "raised an alert that was not expected: severity=High"));
}

TEST(CompareAlerts, AMissingAlertFails) {
  EXPECT_EQ(CompareAlerts({Expected("1.1.1.1")}, {}),
            (Texts{"expected an alert that was not raised: IP=1.1.1.1"}));
}

TEST(CompareAlerts, CountsAreExact) {
  EXPECT_EQ(CompareAlerts({Expected("1.1.1.1", 2)}, {Raised("1.1.1.1"), Raised("1.1.1.1")}),
            Texts());
  EXPECT_EQ(CompareAlerts({Expected("1.1.1.1", 2)}, {Raised("1.1.1.1")}).size(), 1U);
  EXPECT_EQ(CompareAlerts({Expected("1.1.1.1", 1)}, {Raised("1.1.1.1"), Raised("1.1.1.1")}).size(),
            1U);
}

TEST(CompareAlerts, FindsThePairingWhateverTheOrder) {
  std::vector<alert::Alert> raised = {Raised("1.1.1.1"), Raised("2.2.2.2"), Raised("3.3.3.3")};
  EXPECT_EQ(CompareAlerts({Expected(""), Expected("1.1.1.1"), Expected("2.2.2.2")}, raised),
            Texts());
  ExpectedAlert high;
  high.severity = AlertSeverity::kHigh;
  EXPECT_EQ(CompareAlerts({Expected("", 2), high},
                          {Raised("1.1.1.1"), Raised("2.2.2.2", "Low"), Raised("3.3.3.3", "Low")}),
            Texts());
}

TEST(CompareAlerts, EveryNamedFieldMustAgree) {
  auto fails = [](auto change) {
    ExpectedAlert expected;
    change(&expected);
    return !CompareAlerts({expected}, {Raised("1.1.1.1")}).empty();
  };
  EXPECT_FALSE(fails([](ExpectedAlert* e) { e->entities = {{"IP.Address", "1.1.1.1"}}; }));
  EXPECT_TRUE(fails([](ExpectedAlert* e) { e->entities = {{"IP.Other", "1.1.1.1"}}; }));
  EXPECT_TRUE(fails([](ExpectedAlert* e) { e->entities = {{"Account", "1.1.1.1"}}; }));
  EXPECT_FALSE(fails([](ExpectedAlert* e) { e->details = {{"Count", "10"}}; }));
  EXPECT_TRUE(fails([](ExpectedAlert* e) { e->details = {{"Count", "11"}}; }));
  EXPECT_FALSE(fails([](ExpectedAlert* e) { e->row = {{"Caller", "c"}}; }));
  EXPECT_TRUE(fails([](ExpectedAlert* e) { e->row = {{"Other", "c"}}; }));
  EXPECT_TRUE(fails([](ExpectedAlert* e) { e->severity = AlertSeverity::kLow; }));
  EXPECT_TRUE(fails([](ExpectedAlert* e) { e->title = "Other"; }));
  EXPECT_FALSE(fails([](ExpectedAlert* e) { e->at = record::kUnixEpoch; }));
  EXPECT_TRUE(fails([](ExpectedAlert* e) { e->at = record::kUnixEpoch + 1; }));
}

}  // namespace
}  // namespace keywatch::rule
