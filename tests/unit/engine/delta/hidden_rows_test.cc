// Rows of the known, which an anti join with a baseline never lets out, are not kept. That results
// are the same is the matter of tests/differential.
#include <gtest/gtest.h>

#include "engine/bind/binder.h"
#include "engine/delta/delta_query.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"
#include "engine/record/schema_catalog.h"

namespace keywatch::delta {
namespace {

using record::Value;

constexpr Ticks kHiddenBase = 638'000'000'000'000'000;
constexpr char kHiddenTable[] =
    "column,type,source,storage,meaning\n"
    "TimeGenerated,datetime,@event_time,,\n"
    "K,string,k,text,\n"
    "X,long,x,,\n";
constexpr char kNewK[] =
    "T | where TimeGenerated > ago(5tick) "
    "| join kind=leftanti (T | where TimeGenerated < ago(5tick)) on K | project K";

DeltaPlan PlanOfRule(const std::string& query) {
  record::SchemaCatalog catalog;
  EXPECT_TRUE(catalog.AddCsv("T", kHiddenTable).ok());
  SourceText source{"test", query, 1, 0};
  Diagnostics diagnostics;
  kql::Query tree = kql::Parse(source, &diagnostics);
  auto plan =
      MakeDeltaPlan(optimize::Optimize(bind::Bind(tree, catalog, &diagnostics)), &diagnostics);
  EXPECT_TRUE(plan) << Format(source, diagnostics);
  return *plan;
}

class HiddenRows : public testing::Test {
 protected:
  // A record of `k`; how many findings there are because of it.
  size_t Record(Ticks t, const std::string& k) {
    EventClock before{kHiddenBase + newest_, kHiddenBase + newest_};
    newest_ = std::max(newest_, t);
    EventClock after{kHiddenBase + newest_, kHiddenBase + newest_};
    for (size_t l = 0; l < 2; ++l) {
      const record::Schema& columns = query_.plan().branches[0].leaves[l].columns;
      record::Row row;
      for (const record::Column& column : columns.columns)
        row.push_back(column.name == "K" ? Value::String(k) : Value::Datetime(kHiddenBase + t));
      std::vector<bool> all(row.size(), true);
      query_.Stage(
          0, l, eval::ToChunk(&row, 1, columns, all), {{0, kHiddenBase + t, before, after, ++id_}});
    }
    std::vector<Finding> found;
    query_.Run(
        [this](uint32_t) {
          ++evidence_;
          return std::make_shared<const record::Evidence>();
        },
        &found);
    query_.AdvanceTo(after, &found);
    return found.size();
  }

  DeltaQuery query_{PlanOfRule(kNewK), DeltaSettings{40, 3, false, 100, false}};
  Ticks newest_ = -100;
  uint64_t id_ = 0;
  size_t evidence_ = 0;
};

TEST_F(HiddenRows, OfTheKnownOnlyThatTheyAreKnownIsKept) {
  EXPECT_EQ(Record(0, "a"), 1U);
  EXPECT_EQ(evidence_, 1U);
  for (Ticks t = 10; t < 40; ++t)
    EXPECT_EQ(Record(t, "a"), 0U);
  EXPECT_EQ(query_.rows(), 1U);
  EXPECT_EQ(evidence_, 1U) << "no copy of a record that is not kept";
}

// The first record is known to T = 40; the second is recent to T = 42, so it is new at 41.
TEST_F(HiddenRows, WhoIsForgottenWhileTheRowIsVisibleIsKept) {
  EXPECT_EQ(Record(0, "a"), 1U);
  EXPECT_EQ(Record(38, "a"), 0U);
  EXPECT_EQ(Record(90, "a"), 2U);
}

// Two keys in one partition, as the rule counts over all of them.
TEST_F(HiddenRows, EachKeyIsKnownByItself) {
  DeltaQuery query(PlanOfRule("T | where TimeGenerated > ago(5tick) | join kind=leftanti "
                              "(T | where TimeGenerated < ago(5tick)) on K | summarize dcount(K)"
                              " | where dcount_K > 0"),
                   DeltaSettings{40, 3, false, 100, false});
  query_ = std::move(query);
  EXPECT_EQ(Record(0, "a"), 1U);
  EXPECT_EQ(Record(1, "b"), 0U) << "part of the same finding";
  for (Ticks t = 10; t < 40; t += 2) {
    EXPECT_EQ(Record(t, "a"), 0U);
    EXPECT_EQ(Record(t + 1, "b"), 0U);
  }
  EXPECT_EQ(query_.partitions(), 1U);
  EXPECT_EQ(query_.rows(), 2U);
  EXPECT_EQ(Record(41, "c"), 1U);
}

std::vector<size_t> LeavesThatHide(const std::string& query) {
  const DeltaPlan plan = PlanOfRule(query);
  std::vector<size_t> leaves;
  for (const HiddenBy& hidden : plan.branches[0].leaves[0].hidden_by)
    leaves.push_back(hidden.leaf);
  return leaves;
}

TEST(HiddenBy, NeedsTextsAndRowsOfRecords) {
  using Leaves = std::vector<size_t>;
  EXPECT_EQ(LeavesThatHide(kNewK), Leaves{1});
  const std::string recent = "T | where TimeGenerated > ago(5tick) | extend L = strcat(K, 'x') ";
  const std::string known = "(T | where TimeGenerated < ago(5tick) | extend L = K) ";
  const std::string anti = recent + "| join kind=leftanti " + known;
  EXPECT_EQ(LeavesThatHide(anti + "on K, L | summarize count() by K, L"), Leaves{1});
  EXPECT_EQ(LeavesThatHide(anti + "on K, L | summarize count() by K"), Leaves{1});
  EXPECT_EQ(LeavesThatHide(anti + "on X"), Leaves())
      << "a number may be null, and is then compared with nothing";
  EXPECT_EQ(LeavesThatHide(recent + "| join kind=leftsemi " + known + "on K"), Leaves());
  EXPECT_EQ(
      LeavesThatHide(recent + "| summarize c=count() by K | join kind=leftanti " + known + "on K"),
      Leaves())
      << "the rows of a group begin and end otherwise than its records";
}

}  // namespace
}  // namespace keywatch::delta
