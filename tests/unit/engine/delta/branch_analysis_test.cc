// Which rules raise on arrival, and which wait for what could still take a result away. That those
// raise nothing wrong is the matter of tests/differential.
#include "engine/delta/branch_analysis.h"

#include <gtest/gtest.h>

#include "engine/bind/binder.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"
#include "engine/record/schema_catalog.h"

namespace keywatch::delta {
namespace {

using record::Ticks;

constexpr char kGroupedTable[] =
    "column,type,source,storage,meaning\n"
    "TimeGenerated,datetime,@event_time,,\n"
    "K,string,k,text,\n"
    "B,bool,b,,\n"
    "X,long,x,,\n";

// How far what is negated lags behind T; null: nothing is, so the rule raises on arrival.
std::optional<Ticks> HoldOf(const std::string& query) {
  record::SchemaCatalog catalog;
  EXPECT_TRUE(catalog.AddCsv("T", kGroupedTable).ok());
  SourceText source{"test", query, 1, 0};
  Diagnostics diagnostics;
  kql::Query tree = kql::Parse(source, &diagnostics);
  plan::NodePtr bound = bind::Bind(tree, catalog, &diagnostics);
  std::optional<DeltaPlan> plan;
  if (bound != nullptr)
    plan = MakeDeltaPlan(optimize::Optimize(bound), &diagnostics);
  if (!plan) {
    ADD_FAILURE() << Format(source, diagnostics);
    return -1;
  }
  return plan->branches[0].hold;
}

std::optional<Ticks> HoldOfGroup(const std::string& condition) {
  return HoldOf(
      "T | summarize c=count(), d=dcount(X), lo=min(X), hi=max(X), begun=min(TimeGenerated), "
      "ended=max(TimeGenerated), s=make_set(X), a=avg(X), o=arg_max(X, K) by K, B | where " +
      condition);
}

class Monotone : public testing::TestWithParam<const char*> {};
TEST_P(Monotone, RaisesOnArrival) { EXPECT_EQ(HoldOfGroup(GetParam()), std::nullopt); }
INSTANTIATE_TEST_SUITE_P(BranchAnalysis,
                         Monotone,
                         testing::Values("c > 3",
                                         "3 <= c",
                                         "lo < 4 and hi >= 7",
                                         "lo < hi",
                                         "hi >= lo",
                                         "begun < ended",
                                         "o > lo",
                                         "c > 3 or K == 'a'",
                                         "c > 9 or d > 3",
                                         "(B and c > 9) or (not(B) and c > 3 and begun < ended)",
                                         "array_length(s) > 3 or c > 9",
                                         "K == 'a' or K startswith 'b'"));

class NotMonotone : public testing::TestWithParam<const char*> {};
TEST_P(NotMonotone, Waits) { EXPECT_EQ(HoldOfGroup(GetParam()), 0); }
INSTANTIATE_TEST_SUITE_P(BranchAnalysis,
                         NotMonotone,
                         testing::Values("c < 3",
                                         "c == 3",
                                         "hi < lo",
                                         "lo > hi",
                                         "lo > 3",
                                         "c > d",
                                         "c > 3 or d < 2",
                                         "c > 3 or a > 1",
                                         "c > 3 and not(d > 4)",
                                         "ended - begun > 1h",
                                         "a > 3",
                                         "o < 3"));

TEST(BranchAnalysis, ASequenceAfterABaselineWaitsForTheBaselineOnly) {
  EXPECT_EQ(HoldOf("T | where TimeGenerated > ago(1h) | join kind=leftanti (T | where "
                   "TimeGenerated < ago(1h)) on K | summarize a=min(iff(B, X, long(null))), "
                   "b=max(iff(B, long(null), X)) by K | where a < b"),
            record::kTicksPerHour + 1);
}

TEST(BranchAnalysis, KnownRowsThatNothingMatchesWaitForWhatCouldMatch) {
  const std::string known =
      "datatable(K: string, To: datetime) ['a', datetime(2026-01-01)] | where To < now() ";
  EXPECT_EQ(HoldOf(known + "| join kind=leftanti T on K"), 0);
  EXPECT_EQ(HoldOf(known + "| join kind=leftsemi T on K"), std::nullopt);
}

}  // namespace
}  // namespace keywatch::delta
