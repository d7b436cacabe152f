// and, or, not, comparison, tests for null and empty, choice. Truth is three-valued: 1, 0, -1
// (null).
//
// Null rules (learn.microsoft.com/azure/data-explorer/kusto/query/scalar-data-types/null-values):
// `==` is false when one side is null and null when both are; an order comparison with null is
// null.
#include <cmath>

#include "engine/eval/kernel.h"

namespace keywatch::eval {

using record::Type;
using record::Value;

namespace {

void PushTruth(int truth, Vector* out) {
  if (truth < 0) {
    out->PushNull();
  } else {
    out->PushInt(truth);
  }
}

bool IsText(Type type) { return type == Type::kString || type == Type::kGuid; }
bool IsWhole(Type type) {
  return type == Type::kBool || type == Type::kInt || type == Type::kLong ||
         type == Type::kDatetime || type == Type::kTimespan;
}

// A bool or dynamic cell as truth.
int Truth(const Vector& vector, size_t row) {
  if (vector.IsNull(row))
    return -1;
  if (vector.type() == Type::kBool)
    return vector.Int(row) != 0 ? 1 : 0;
  Value converted = ConvertTo(Type::kBool, vector.ValueAt(row));
  return converted.is_null() ? -1 : (converted.boolean() ? 1 : 0);
}

void AndFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i) {
    int a = Truth(call.args[0], i);
    int b = Truth(call.args[1], i);
    PushTruth(a == 0 || b == 0 ? 0 : (a < 0 || b < 0 ? -1 : 1), out);
  }
}

void OrFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i) {
    int a = Truth(call.args[0], i);
    int b = Truth(call.args[1], i);
    PushTruth(a == 1 || b == 1 ? 1 : (a < 0 || b < 0 ? -1 : 0), out);
  }
}

void NotFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i) {
    int a = Truth(call.args[0], i);
    PushTruth(a < 0 ? -1 : 1 - a, out);
  }
}

// -1, 0, 1; both not null. Orderable types only (the binder sees to it).
int OrderCells(const Vector& a, const Vector& b, size_t row) {
  if (IsWhole(a.type()) && IsWhole(b.type())) {
    int64_t x = a.Int(row);
    int64_t y = b.Int(row);
    return x < y ? -1 : (x > y ? 1 : 0);
  }
  auto number = [row](const Vector& v) {
    if (v.type() != Type::kDynamic)
      return v.Number(row);
    Value real = ConvertTo(Type::kReal, v.ValueAt(row));
    return real.is_null() ? std::nan("") : real.real();
  };
  double x = number(a);
  double y = number(b);
  if (std::isnan(x) || std::isnan(y))
    return 2;  // no order with what is not a number
  return x < y ? -1 : (x > y ? 1 : 0);
}

template <class Accept>
void Compare(const Call& call, Vector* out, Accept accept) {
  for (size_t i = 0; i < call.rows; ++i) {
    if (call.args[0].IsNull(i) || call.args[1].IsNull(i)) {
      out->PushNull();
      continue;
    }
    int order = OrderCells(call.args[0], call.args[1], i);
    out->PushInt(order != 2 && accept(order) ? 1 : 0);
  }
}

void LessFn(const Call& call, Vector* out) {
  Compare(call, out, [](int order) { return order < 0; });
}
void LessEqualFn(const Call& call, Vector* out) {
  Compare(call, out, [](int order) { return order <= 0; });
}
void GreaterFn(const Call& call, Vector* out) {
  Compare(call, out, [](int order) { return order > 0; });
}
void GreaterEqualFn(const Call& call, Vector* out) {
  Compare(call, out, [](int order) { return order >= 0; });
}

void EqualFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i)
    PushTruth(EqualCells(call.args[0], call.args[1], i), out);
}

void IsNullFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i)
    out->PushInt(call.args[0].IsNull(i) ? 1 : 0);
}
void IsNotNullFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i)
    out->PushInt(call.args[0].IsNull(i) ? 0 : 1);
}

bool IsEmptyCell(const Vector& vector, size_t row) {
  if (vector.IsNull(row))
    return true;
  if (IsText(vector.type()))
    return vector.Text(row).empty();
  if (vector.type() != Type::kDynamic)
    return false;
  const std::string* text = vector.Dynamic(row)->string();
  return text != nullptr && text->empty();
}
void IsEmptyFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i)
    out->PushInt(IsEmptyCell(call.args[0], i) ? 1 : 0);
}
void IsNotEmptyFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i)
    out->PushInt(IsEmptyCell(call.args[0], i) ? 0 : 1);
}

void IffFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i) {
    PushConverted(Truth(call.args[0], i) == 1 ? call.args[1] : call.args[2], i, out);
  }
}

// Equality of values of different types: a text is read as the other's type.
bool EqualAcross(const Value& a, const Value& b) {
  if (a.type() == Type::kDynamic || b.type() == Type::kDynamic) {
    const Value& dynamic = a.type() == Type::kDynamic ? a : b;
    const Value& plain = a.type() == Type::kDynamic ? b : a;
    if (plain.type() == Type::kDynamic)
      return record::Equal(*a.dynamic(), *b.dynamic());
    if (IsText(plain.type()))
      return record::ToText(dynamic) == plain.string();
    Value converted = ConvertTo(plain.type(), dynamic);
    return !converted.is_null() && record::Compare(converted, plain) == 0;
  }
  if (IsText(a.type()) && IsText(b.type())) {
    // A guid equals its text in any case.
    std::string x = record::ToText(ConvertTo(Type::kGuid, a));
    std::string y = record::ToText(ConvertTo(Type::kGuid, b));
    return !x.empty() && x == y;
  }
  if (IsText(a.type()) || IsText(b.type())) {
    const Value& text = IsText(a.type()) ? a : b;
    const Value& other = IsText(a.type()) ? b : a;
    Value converted = ConvertTo(other.type(), Value::String(text.string()));
    return !converted.is_null() && record::Compare(converted, other) == 0;
  }
  auto number_like = [](const Value& v) {
    return record::IsNumeric(v.type()) || v.type() == Type::kBool;
  };
  if (number_like(a) && number_like(b))
    return a.number() == b.number();
  return false;
}

}  // namespace

void PushConverted(const Vector& from, size_t row, Vector* out) {
  if (from.type() == out->type())
    return out->PushFrom(from, row);
  Value value = from.ValueAt(row);
  if (value.is_null())
    return out->PushNull();
  if (out->type() == Type::kDynamic) {
    return out->PushDynamic(std::make_shared<const record::Dynamic>(record::ToDynamic(value)));
  }
  out->PushValue(ConvertTo(out->type(), value));
}

bool IsMissing(const Vector& vector, size_t row) {
  return vector.IsNull(row) || (vector.type() == Type::kString && vector.Text(row).empty());
}

int EqualCells(const Vector& a, const Vector& b, size_t row) {
  bool a_null = a.IsNull(row);
  bool b_null = b.IsNull(row);
  if (a_null || b_null)
    return a_null && b_null ? -1 : 0;
  if (a.type() == b.type()) {
    if (IsText(a.type()))
      return a.Text(row) == b.Text(row) ? 1 : 0;
    if (IsWhole(a.type()))
      return a.Int(row) == b.Int(row) ? 1 : 0;
    if (a.type() == Type::kReal)
      return a.Real(row) == b.Real(row) ? 1 : 0;
    return record::Equal(*a.Dynamic(row), *b.Dynamic(row)) ? 1 : 0;
  }
  if (record::IsNumeric(a.type()) && record::IsNumeric(b.type())) {
    if (IsWhole(a.type()) && IsWhole(b.type()))
      return a.Int(row) == b.Int(row) ? 1 : 0;
    return a.Number(row) == b.Number(row) ? 1 : 0;
  }
  return EqualAcross(a.ValueAt(row), b.ValueAt(row)) ? 1 : 0;
}

const std::vector<Kernel>& LogicKernels() {
  static const std::vector<Kernel> kernels = {
      {"and", AndFn},
      {"or", OrFn},
      {"not", NotFn},
      {"==", EqualFn},
      {"<", LessFn},
      {"<=", LessEqualFn},
      {">", GreaterFn},
      {">=", GreaterEqualFn},
      {"isnull", IsNullFn},
      {"isnotnull", IsNotNullFn},
      {"isempty", IsEmptyFn},
      {"isnotempty", IsNotEmptyFn},
      {"iff", IffFn},
      {"coalesce", nullptr, nullptr, true},
  };
  return kernels;
}

}  // namespace keywatch::eval
