#include "engine/plan/expr.h"

#include <gtest/gtest.h>

#include "engine/plan/plan_printer.h"

namespace keywatch::plan {
namespace {

using record::Type;
using record::Value;

ExprPtr Column(size_t number) { return ColumnRef(number, Type::kBool); }

TEST(Expr, ConjunctsAndAndAreInverse) {
  ExprPtr all = And({Column(0), Column(1), Column(2)});
  std::vector<ExprPtr> conjuncts = Conjuncts(all);
  ASSERT_EQ(conjuncts.size(), 3U);
  for (size_t i = 0; i < 3; ++i)
    EXPECT_EQ(conjuncts[i]->column, i);
  EXPECT_TRUE(SameExpr(And(conjuncts), all));
  EXPECT_EQ(Print(And({}), nullptr), "true");
  EXPECT_EQ(Conjuncts(Column(4)).size(), 1U);
}

TEST(Expr, SubstituteReplacesColumnsEverywhereAndLeavesTheOriginal) {
  ExprPtr expr = CallOf("or", Type::kBool, {Column(0), CallOf("not", Type::kBool, {Column(1)})});
  ExprPtr replaced = Substitute(expr, {Column(7), Constant(Value::Bool(true))});
  EXPECT_EQ(Print(replaced, nullptr), "(or #7 (not true))");
  EXPECT_EQ(Print(expr, nullptr), "(or #0 (not #1))");
}

TEST(Expr, CollectColumnsSeesEveryRead) {
  std::vector<bool> used(4);
  CollectColumns(CallOf("and", Type::kBool, {Column(1), CallOf("not", Type::kBool, {Column(3)})}),
                 &used);
  EXPECT_EQ(used, (std::vector<bool>{false, true, false, true}));
}

TEST(Expr, SameExprTellsTypesNullsAndFunctionsApart) {
  auto one = [](const char* function, Value value) {
    return CallOf(function, Type::kBool, {Constant(std::move(value))});
  };
  EXPECT_TRUE(SameExpr(one("isnull", Value::Long(1)), one("isnull", Value::Long(1))));
  EXPECT_FALSE(SameExpr(one("isnull", Value::Long(1)), one("isnotnull", Value::Long(1))));
  EXPECT_FALSE(SameExpr(one("isnull", Value::Long(1)), one("isnull", Value::Real(1))));
  EXPECT_FALSE(SameExpr(one("isnull", Value::Long(1)), one("isnull", Value::Null(Type::kLong))));
  EXPECT_FALSE(SameExpr(one("isnull", Value::String("a")), one("isnull", Value::String("A"))));
}

}  // namespace
}  // namespace keywatch::plan
