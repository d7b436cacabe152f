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

TEST(HiddenBy, NeedsTheWholeKeyOnBothSides) {
  EXPECT_EQ(PlanOfRule(kNewK).branches[0].leaves[0].hidden_by, std::vector<size_t>{1});
  const std::string recent = "T | where TimeGenerated > ago(5tick) | extend L = strcat(K, 'x') ";
  const std::string known = "(T | where TimeGenerated < ago(5tick) | extend L = K) ";
  auto none = std::vector<size_t>();
  auto hidden = [&](const std::string& rest) {
    return PlanOfRule(recent + "| join kind=leftanti " + known + rest)
        .branches[0]
        .leaves[0]
        .hidden_by;
  };
  EXPECT_EQ(hidden("on K, L | summarize count() by K, L"), std::vector<size_t>{1});
  EXPECT_EQ(hidden("on K, L | summarize count() by K"), none) << "parted by less than the key";
  EXPECT_EQ(hidden("on X"), none) << "a number may be null, and is then compared with nothing";
  EXPECT_EQ(
      PlanOfRule(recent + "| join kind=leftsemi " + known + "on K").branches[0].leaves[0].hidden_by,
      none);
  EXPECT_EQ(PlanOfRule(recent + "| summarize c=count() by K | join kind=leftanti " + known + "on K")
                .branches[0]
                .leaves[0]
                .hidden_by,
            none)
      << "the rows of a group begin and end otherwise than its records";
}

}  // namespace
}  // namespace keywatch::delta
