// An expression gives the same value whether a whole chunk is evaluated, one row, one row whose
// cells are literals that the optimizer folds, or a predicate that narrows the rows conjunct by
// conjunct.
#include "tests/unit/engine/eval/random_expr.h"

#include <gtest/gtest.h>

#include "engine/eval/evaluator.h"
#include "engine/optimize/optimize.h"
#include "engine/plan/plan_printer.h"

namespace keywatch::eval {

using record::Type;
using record::Value;

namespace {

struct Signature {
  const char* function;
  Type result;
  std::vector<Type> args;
};

constexpr Type kB = Type::kBool;
constexpr Type kI = Type::kInt;
constexpr Type kL = Type::kLong;
constexpr Type kR = Type::kReal;
constexpr Type kT = Type::kDatetime;
constexpr Type kU = Type::kTimespan;
constexpr Type kS = Type::kString;
constexpr Type kD = Type::kDynamic;

const std::vector<Signature>& Signatures() {
  static const std::vector<Signature> signatures = {
      {"and", kB, {kB, kB}},
      {"or", kB, {kB, kB}},
      {"not", kB, {kB}},
      {"==", kB, {kB, kB}},
      {"==", kB, {kL, kL}},
      {"==", kB, {kL, kR}},
      {"==", kB, {kS, kS}},
      {"==", kB, {kS, kL}},
      {"==", kB, {kD, kS}},
      {"==", kB, {kD, kL}},
      {"==", kB, {kD, kD}},
      {"==", kB, {kT, kT}},
      {"==", kB, {kU, kU}},
      {"==", kB, {kT, kS}},
      {"<", kB, {kL, kL}},
      {"<=", kB, {kI, kR}},
      {">", kB, {kT, kT}},
      {">=", kB, {kU, kU}},
      {">", kB, {kD, kL}},
      {"<", kB, {kR, kR}},
      {"has", kB, {kS, kS}},
      {"has_cs", kB, {kS, kS}},
      {"hasprefix", kB, {kS, kS}},
      {"hassuffix", kB, {kD, kS}},
      {"contains", kB, {kS, kS}},
      {"contains_cs", kB, {kD, kS}},
      {"startswith", kB, {kS, kS}},
      {"endswith", kB, {kS, kS}},
      {"=~", kB, {kS, kS}},
      {"=~", kB, {kD, kS}},
      {"in", kB, {kS, kS, kS}},
      {"in", kB, {kL, kL, kR}},
      {"in", kB, {kS, kD}},
      {"in~", kB, {kS, kS, kS}},
      {"in~", kB, {kD, kS, kD}},
      {"in", kB, {kD, kL, kS}},
      {"has_any", kB, {kS, kS, kS}},
      {"has_all", kB, {kS, kD}},
      {"matches regex", kB, {kS, kS}},
      {"isnull", kB, {kL}},
      {"isnotnull", kB, {kD}},
      {"isempty", kB, {kS}},
      {"isnotempty", kB, {kD}},
      {"iff", kB, {kB, kB, kB}},
      {"ipv4_is_private", kB, {kS}},
      {"ipv4_is_in_range", kB, {kS, kS}},
      {"ipv4_is_match", kB, {kD, kS, kL}},
      {"ipv4_is_in_any_range", kB, {kS, kS, kS}},
      {"ipv4_is_in_any_range", kB, {kS, kD}},
      {"ipv4_compare", kL, {kS, kS}},
      {"tobool", kB, {kS}},
      {"tobool", kB, {kD}},
      {"+", kL, {kL, kL}},
      {"-", kL, {kI, kL}},
      {"*", kL, {kL, kI}},
      {"/", kL, {kL, kL}},
      {"%", kL, {kL, kL}},
      {"neg", kL, {kL}},
      {"abs", kL, {kL}},
      {"bin", kL, {kL, kL}},
      {"strlen", kL, {kS}},
      {"strlen", kL, {kD}},
      {"indexof", kL, {kS, kS}},
      {"countof", kL, {kS, kS}},
      {"tolong", kL, {kS}},
      {"tolong", kL, {kD}},
      {"tolong", kL, {kR}},
      {"array_length", kL, {kD}},
      {"coalesce", kL, {kL, kI, kL}},
      {"iff", kL, {kB, kL, kI}},
      {"toint", kI, {kS}},
      {"hourofday", kI, {kT}},
      {"datetime_part", kI, {kS, kT}},
      {"toint", kI, {kR}},
      {"iff", kI, {kB, kI, kI}},
      {"+", kR, {kR, kL}},
      {"/", kR, {kR, kR}},
      {"%", kR, {kR, kL}},
      {"bin", kR, {kR, kR}},
      {"toreal", kR, {kS}},
      {"/", kR, {kU, kU}},
      {"neg", kR, {kR}},
      {"iff", kR, {kB, kL, kR}},
      {"coalesce", kR, {kI, kR}},
      {"strcat", kS, {kS, kL, kD}},
      {"strcat", kS, {kB, kR, kT}},
      {"toupper", kS, {kS}},
      {"tolower", kS, {kD}},
      {"substring", kS, {kS, kL, kL}},
      {"tostring", kS, {kD}},
      {"tostring", kS, {kU}},
      {"tostring", kS, {kR}},
      {"replace_string", kS, {kS, kS, kS}},
      {"iff", kS, {kB, kS, kD}},
      {"coalesce", kS, {kS, kS}},
      {"trim", kS, {kS, kS}},
      {"extract", kS, {kS, kL, kS}},
      {"replace_regex", kS, {kS, kS, kS}},
      {"+", kT, {kT, kU}},
      {"-", kT, {kT, kU}},
      {"startofday", kT, {kT, kL}},
      {"bin", kT, {kT, kU}},
      {"todatetime", kT, {kS}},
      {"iff", kT, {kB, kT, kT}},
      {"-", kU, {kT, kT}},
      {"+", kU, {kU, kU}},
      {"*", kU, {kU, kL}},
      {"*", kU, {kR, kU}},
      {"/", kU, {kU, kL}},
      {"bin", kU, {kU, kU}},
      {"totimespan", kU, {kS}},
      {"dayofweek", kU, {kT}},
      {"neg", kU, {kU}},
      {"%", kU, {kU, kU}},
      {"parse_json", kD, {kS}},
      {"split", kD, {kS, kS}},
      {"split", kD, {kS, kS, kL}},
      {"member", kD, {kD, kS}},
      {"member", kD, {kD, kL}},
      {"iff", kD, {kB, kS, kL}},
      {"coalesce", kD, {kD, kD}},
      {"+", kD, {kD, kD}},
  };
  return signatures;
}

}  // namespace

record::Schema RandomExpr::Columns() {
  return {{{"b1", kB},
           {"b2", kB},
           {"i1", kI},
           {"i2", kI},
           {"l1", kL},
           {"l2", kL},
           {"r1", kR},
           {"r2", kR},
           {"t1", kT},
           {"t2", kT},
           {"u1", kU},
           {"u2", kU},
           {"s1", kS},
           {"s2", kS},
           {"d1", kD},
           {"d2", kD}}};
}

Type RandomExpr::AnyType() {
  constexpr Type kTypes[] = {kB, kI, kL, kR, kT, kU, kS, kD};
  return kTypes[Below(std::size(kTypes))];
}

Value RandomExpr::AnyValue(Type type) {
  if (Below(6) == 0)
    return Value::Null(type);
  constexpr int64_t kNumbers[] = {0, 1, 2, -1, 5, -14, 12, 100, INT64_MAX, INT64_MIN};
  constexpr const char* kTexts[] = {"",
                                    "a",
                                    "A b",
                                    "key vault",
                                    "10.0.0.1",
                                    "10.0.0.0/8",
                                    "Week_of_year",
                                    "5",
                                    "true",
                                    "[1,\"a\"]",
                                    "é!",
                                    "(b)?",
                                    "1h",
                                    "2024-05-01",
                                    "a.b.c",
                                    "\\d",
                                    "("};
  constexpr const char* kJson[] = {"1",
                                   "-2.5",
                                   "\"a\"",
                                   "\"5\"",
                                   "true",
                                   "[1,2,\"a\"]",
                                   "[\"10.0.0.0/8\",\"\"]",
                                   "{\"a\":1}",
                                   "{\"a\":[0,{\"b\":\"x\"}]}",
                                   "\"\"",
                                   "null"};
  const int64_t number = kNumbers[Below(std::size(kNumbers))];
  switch (type) {
    case kB:
      return Value::Bool(Below(2) == 0);
    case kI:
      return Value::Int(static_cast<int32_t>(number % 1000));
    case kL:
      return Value::Long(number);
    case kR: {
      constexpr double kReals[] = {0, 1, -0.5, 2.5, 1e300, NAN, INFINITY, -1e-9};
      return Value::Real(kReals[Below(std::size(kReals))]);
    }
    case kT: {
      constexpr record::Ticks kTimes[] = {
          0, record::kMaxDatetime, record::kUnixEpoch, 638'500'000'000'000'000};
      return Value::Datetime(kTimes[Below(std::size(kTimes))]);
    }
    case kU:
      return Value::Timespan(number % record::kMaxDatetime);
    case kD:
      return Value::Of(*record::ParseJson(kJson[Below(std::size(kJson))]));
    default:
      return Value::String(kTexts[Below(std::size(kTexts))]);
  }
}

record::Row RandomExpr::Row() {
  record::Row row;
  const record::Schema columns = Columns();
  for (const record::Column& column : columns.columns)
    row.push_back(AnyValue(column.type));
  return row;
}

plan::ExprPtr RandomExpr::Leaf(Type type) {
  if (Below(3) == 0)
    return plan::Constant(AnyValue(type));
  const record::Schema schema = Columns();
  std::vector<size_t> fitting;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    if (schema.columns[i].type == type)
      fitting.push_back(i);
  }
  return plan::ColumnRef(fitting[Below(fitting.size())], type);
}

plan::ExprPtr RandomExpr::Make(Type type, int depth) {
  if (depth == 0 || Below(8) == 0)
    return Leaf(type);
  std::vector<const Signature*> fitting;
  for (const Signature& signature : Signatures()) {
    if (signature.result == type)
      fitting.push_back(&signature);
  }
  const Signature& chosen = *fitting[Below(fitting.size())];
  std::vector<plan::ExprPtr> args;
  for (Type arg : chosen.args)
    args.push_back(Make(arg, depth - 1));
  return plan::CallOf(chosen.function, type, std::move(args));
}

namespace {

// Null equals null; reals must be the same number or both NaN.
bool Same(const Value& a, const Value& b) {
  return a.type() == b.type() && a.is_null() == b.is_null() && record::SameKey(a, b);
}

constexpr size_t kRows = 17;

class ExpressionAgreement : public testing::TestWithParam<uint64_t> {};

TEST_P(ExpressionAgreement, ChunkRowAndFoldedAreOne) {
  RandomExpr random(GetParam());
  const record::Schema schema = RandomExpr::Columns();
  const EvalContext context{638'600'000'000'000'000, nullptr};
  for (int round = 0; round < 300; ++round) {
    plan::ExprPtr expr = random.Make(random.AnyType(), 4);
    std::vector<record::Row> rows;
    for (size_t i = 0; i < kRows; ++i)
      rows.push_back(random.Row());
    std::string text = plan::Print(expr, &schema);
    SCOPED_TRACE(text);
    Program program(expr);
    std::vector<bool> used(schema.columns.size());
    plan::CollectColumns(expr, &used);
    Vector whole = program.Run(ToChunk(rows.data(), rows.size(), schema, used), context);
    for (size_t i = 0; i < kRows; ++i) {
      Value value = whole.ValueAt(i);
      ASSERT_EQ(value.type(), expr->type);
      ASSERT_TRUE(Same(value, EvaluateRow(program, rows[i], context))) << "row " << i;
      std::vector<plan::ExprPtr> cells;
      for (const Value& cell : rows[i])
        cells.push_back(plan::Constant(cell));
      plan::NodePtr one = plan::MakeNode({}, plan::Values{{record::Row{}}});
      plan::NodePtr projected = plan::MakeNode({{{"x", expr->type}}},
                                               plan::Project{one, {plan::Substitute(expr, cells)}});
      plan::NodePtr folded = optimize::FoldConstants(projected);
      const plan::ExprPtr& literal = std::get<plan::Project>(folded->op).columns[0];
      ASSERT_TRUE(plan::IsLiteral(literal));
      ASSERT_TRUE(Same(value, literal->literal)) << "row " << i << ": " << record::ToText(value)
                                                 << " folded " << record::ToText(literal->literal);
    }
  }
}

TEST_P(ExpressionAgreement, APredicateSelectsTheRowsThatAreTrue) {
  RandomExpr random(GetParam());
  const record::Schema schema = RandomExpr::Columns();
  for (int round = 0; round < 100; ++round) {
    std::vector<plan::ExprPtr> conjuncts;
    for (int i = 0; i < 3; ++i)
      conjuncts.push_back(random.Make(kB, 2));
    plan::ExprPtr all = plan::And(conjuncts);
    std::vector<record::Row> rows;
    for (size_t i = 0; i < kRows; ++i)
      rows.push_back(random.Row());
    Chunk chunk =
        ToChunk(rows.data(), rows.size(), schema, std::vector<bool>(schema.columns.size(), true));
    Vector truth = Program(all).Run(chunk, {});
    std::vector<uint32_t> expected;
    for (uint32_t i = 0; i < kRows; ++i) {
      if (!truth.IsNull(i) && truth.Int(i) == 1)
        expected.push_back(i);
    }
    EXPECT_EQ(Predicate(all).Select(chunk, {}), expected) << plan::Print(all, &schema);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ExpressionAgreement, testing::Range<uint64_t>(1, 9));

}  // namespace
}  // namespace keywatch::eval
