#include "engine/bind/type_rules.h"

#include <vector>

#include <gtest/gtest.h>

#include "engine/plan/function_catalog.h"

namespace keywatch::bind {
namespace {

using record::Type;

const std::vector<Type> kTypes = {Type::kBool,
                                  Type::kInt,
                                  Type::kLong,
                                  Type::kReal,
                                  Type::kDatetime,
                                  Type::kTimespan,
                                  Type::kGuid,
                                  Type::kString,
                                  Type::kDynamic};

TEST(TypeRules, IntWithIntIsLong) {
  for (char op : {'+', '-', '*', '/', '%'}) {
    EXPECT_EQ(ArithmeticType(op, Type::kInt, Type::kInt), Type::kLong) << op;
    EXPECT_EQ(ArithmeticType(op, Type::kInt, Type::kReal), Type::kReal) << op;
  }
}

TEST(TypeRules, TextBoolAndGuidHaveNoArithmetic) {
  for (char op : {'+', '-', '*', '/', '%'}) {
    for (Type type : kTypes) {
      for (Type other : {Type::kString, Type::kBool, Type::kGuid}) {
        EXPECT_FALSE(ArithmeticType(op, other, type)) << op << TypeName(type);
        EXPECT_FALSE(ArithmeticType(op, type, other)) << op << TypeName(type);
      }
    }
  }
}

TEST(TypeRules, TimesSubtractToSpans) {
  EXPECT_EQ(ArithmeticType('-', Type::kDatetime, Type::kDatetime), Type::kTimespan);
  EXPECT_EQ(ArithmeticType('+', Type::kDatetime, Type::kTimespan), Type::kDatetime);
  EXPECT_EQ(ArithmeticType('/', Type::kTimespan, Type::kTimespan), Type::kReal);
  EXPECT_FALSE(ArithmeticType('+', Type::kDatetime, Type::kLong));
}

TEST(TypeRules, StringsAreNotOrdered) {
  for (Type type : kTypes) {
    EXPECT_FALSE(Orderable(Type::kString, type)) << TypeName(type);
    EXPECT_FALSE(Betweenable(Type::kString, type)) << TypeName(type);
  }
  EXPECT_TRUE(Orderable(Type::kDatetime, Type::kDatetime));
  EXPECT_FALSE(Orderable(Type::kDatetime, Type::kTimespan));
}

TEST(TypeRules, MergedTypeIsSymmetricAndNeverLosesAValue) {
  for (Type a : kTypes) {
    EXPECT_EQ(MergedType(a, a), a);
    for (Type b : kTypes) {
      EXPECT_EQ(MergedType(a, b), MergedType(b, a)) << TypeName(a) << " " << TypeName(b);
    }
  }
  EXPECT_EQ(MergedType(Type::kString, Type::kLong), Type::kDynamic);
  EXPECT_EQ(MergedType(Type::kInt, Type::kLong), Type::kLong);
}

}  // namespace
}  // namespace keywatch::bind
