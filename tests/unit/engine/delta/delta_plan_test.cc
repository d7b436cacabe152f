// What cannot be evaluated continuously is refused with the reason, and what to do.
#include "engine/delta/delta_plan.h"

#include <gtest/gtest.h>

#include "engine/bind/binder.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"
#include "engine/record/schema_catalog.h"
#include "tests/support/text_match.h"

namespace keywatch::delta {
namespace {

// The reason why the query is refused; "" if it is not.
std::string Refusal(const std::string& query) {
  record::SchemaCatalog catalog;
  EXPECT_TRUE(catalog
                  .AddCsv("T",
                          "column,type,source,storage,meaning\n"
                          "TimeGenerated,datetime,@event_time,,\n"
                          "K,string,k,text,\n")
                  .ok());
  SourceText source{"test", query, 1, 0};
  Diagnostics diagnostics;
  kql::Query tree = kql::Parse(source, &diagnostics);
  plan::NodePtr bound = bind::Bind(tree, catalog, &diagnostics);
  EXPECT_NE(bound, nullptr) << Format(source, diagnostics);
  auto plan = MakeDeltaPlan(optimize::Optimize(bound), &diagnostics);
  EXPECT_EQ(plan.has_value(), !diagnostics.has_errors());
  return Format(source, diagnostics);
}

TEST(DeltaPlan, KnownRowsOfAJoinHaveOneRowAKey) {
  auto join = [](const std::string& rows) {
    return Refusal("T | join kind=inner (datatable(K: string, Owner: string) [" + rows + "]) on K");
  };
  EXPECT_EQ(join("'a', 'ann', 'b', 'bob'"), "");
  EXPECT_TRUE(tests::Has(join("'a', 'ann', 'a', 'bob'"), "of which two have the same K"));
}

TEST(DeltaPlan, OfTwoTablesNothingIsSaidOfKnownRows) {
  std::string refusal = Refusal("T | join kind=inner (T | project K) on K");
  EXPECT_TRUE(tests::Has(refusal, "join kind=inner\n"));
}

TEST(DeltaPlan, KnownRowsAreKeptByAntiAndSemiJoinsOnly) {
  const std::string known = "datatable(K: string) ['a']";
  EXPECT_EQ(Refusal(known + " | join kind=leftanti T on K"), "");
  EXPECT_EQ(Refusal("T | join kind=rightsemi (" + known + ") on K"), "");
  EXPECT_EQ(Refusal(known + " | where K !in ((T | project K))"), "");
  EXPECT_TRUE(tests::Has(Refusal(known), "rows written in the query"));
  EXPECT_TRUE(
      tests::Has(Refusal("union (T | project K), (" + known + ")"), "rows written in the query"));
}

}  // namespace
}  // namespace keywatch::delta
