// Every pass of the optimizer leaves the result of a query as it is: random pipelines over random
// rows, run as bound, after each pass, and after all.
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/batch/executor.h"
#include "engine/bind/binder.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"
#include "engine/plan/plan_printer.h"
#include "engine/record/schema_catalog.h"

namespace keywatch::optimize {
namespace {

using record::Value;

class RandomQuery {
 public:
  explicit RandomQuery(uint64_t seed) : random_(seed) {}

  // Columns k, s: string, n, m: long and b: bool live through every operator.
  std::string Text() {
    std::string text = Pick({"A", "B", "union A, B", "A | join kind=inner B on k"});
    for (size_t i = 0, count = 1 + Below(6); i < count; ++i)
      text += " | " + Operator();
    return text;
  }

  batch::Tables Tables() {
    batch::Tables tables;
    for (const char* name : {"A", "B"}) {
      batch::TableData& table = tables[name];
      using record::Type;
      table.schema = {{{"k", Type::kString},
                       {"s", Type::kString},
                       {"n", Type::kLong},
                       {"m", Type::kLong},
                       {"b", Type::kBool}}};
      for (size_t i = 0, rows = Below(12); i < rows; ++i)
        table.rows.push_back(Row());
    }
    return tables;
  }

 private:
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  std::string Pick(const std::vector<std::string>& from) { return from[Below(from.size())]; }

  record::Row Row() {
    auto number = [&] {
      return Below(5) == 0 ? Value::Null(record::Type::kLong)
                           : Value::Long(static_cast<int64_t>(Below(4)));
    };
    Value flag = Below(4) == 0 ? Value::Null(record::Type::kBool) : Value::Bool(Below(2) == 0);
    return {Value::String(Pick({"x", "y", "X", ""})),
            Value::String(Pick({"p", "q r", ""})),
            number(),
            number(),
            flag};
  }

  std::string Condition() {
    std::string simple = Pick({"n > 1",
                               "m == 2",
                               "k == 'x'",
                               "k =~ 'x'",
                               "s has 'r'",
                               "b",
                               "not(b)",
                               "isnull(n)",
                               "isnotempty(k)",
                               "n in (1, 2)",
                               "n != m",
                               "n < m",
                               "true",
                               "1 > 2",
                               "n between (1 .. m)",
                               "k in ((B | where n > 1 | project k))",
                               "n == toscalar(A | summarize max(n))",
                               "iff(b, n, m) > 1"});
    if (Below(3) > 0)
      return simple;
    return "(" + simple + ")" + Pick({" and ", " or "}) + "(" + Condition() + ")";
  }

  std::string Operator() {
    switch (Below(12)) {
      case 0:
        return "extend n = m + 1, t" + std::to_string(Below(3)) + " = strcat(k, s)";
      case 1:
        return "project k, s, m, n, b";
      case 2:
        return "project k = s, s = k, n = m, m = n, b";
      case 3:
        return "summarize c = count(), m = sum(m), s = max(s), b = countif(b) > 0 by k, n" +
               Pick({"", " | extend n = n + c"});
      case 4:
        return "summarize m = max(m), n = count(), b = countif(b) > 1, s = min(s) by k";
      case 5:
        return "sort by k asc, n desc, m asc, s asc, b asc | take " + std::to_string(Below(4));
      case 6:
        return "distinct k, s, n, m, b";
      case 7:
        return "join kind=" + Pick({"inner", "innerunique", "leftouter", "leftanti", "leftsemi"}) +
               " (B | where " + Condition() + ") on " +
               Pick({"k", "n", "k, n", "$left.m == $right.n"});
      case 8:
        return "join kind=" + Pick({"rightanti", "rightsemi"}) + " B on k";
      case 9:
        return "union (B | where " + Condition() + ")";
      default:
        return "where " + Condition();
    }
  }

  std::mt19937_64 random_;
};

record::SchemaCatalog Catalog() {
  record::SchemaCatalog catalog;
  for (const char* name : {"A", "B"}) {
    EXPECT_TRUE(catalog
                    .AddCsv(name,
                            "column,type,source,storage,meaning\n"
                            "k,string,,,\ns,string,,,\nn,long,,,\nm,long,,,\nb,bool,,,\n")
                    .ok());
  }
  return catalog;
}

std::string Printed(const std::vector<record::Row>& rows) {
  std::string out;
  for (const record::Row& row : rows) {
    for (const Value& value : row)
      out += (value.is_null() ? "null" : record::ToText(value)) + "|";
    out += "\n";
  }
  return out;
}

class QueryAgreement : public testing::TestWithParam<uint64_t> {};

TEST_P(QueryAgreement, NoPassChangesTheResult) {
  const record::SchemaCatalog catalog = Catalog();
  RandomQuery random(GetParam());
  size_t bound = 0;
  size_t with_rows = 0;
  for (int round = 0; round < 250; ++round) {
    SourceText source{"query", random.Text(), 1, 0};
    batch::Tables tables = random.Tables();
    Diagnostics diagnostics;
    kql::Query query = kql::Parse(source, &diagnostics);
    plan::NodePtr plan = bind::Bind(query, catalog, &diagnostics);
    ASSERT_NE(plan, nullptr) << Format(source, diagnostics);
    ++bound;
    std::vector<record::Row> rows = batch::Execute(plan, tables, 0);
    with_rows += rows.empty() ? 0 : 1;
    const std::string expected = Printed(rows);
    const std::pair<const char*, plan::NodePtr> optimized[] = {
        {"FoldConstants", FoldConstants(plan)},
        {"PushDownFilters", PushDownFilters(plan)},
        {"PruneColumns", PruneColumns(plan)},
        {"Optimize", Optimize(plan)},
        {"Optimize twice", Optimize(Optimize(plan))}};
    for (const auto& [name, changed] : optimized) {
      ASSERT_EQ(changed->schema, plan->schema) << name << "\n" << source.text;
      ASSERT_EQ(Printed(batch::Execute(changed, tables, 0)), expected)
          << name << "\n"
          << source.text << "\n"
          << plan::Print(plan) << plan::Print(changed);
    }
  }
  EXPECT_EQ(bound, 250U);
  EXPECT_GT(with_rows, 50U) << "queries without rows test little";
}

INSTANTIATE_TEST_SUITE_P(Seeds, QueryAgreement, testing::Range<uint64_t>(1, 9));

}  // namespace
}  // namespace keywatch::optimize
