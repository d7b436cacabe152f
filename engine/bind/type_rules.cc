#include "engine/bind/type_rules.h"

#include "engine/plan/function_catalog.h"

namespace keywatch::bind {

using record::IsNumeric;
using record::Type;

namespace {

std::optional<Type> NumberType(Type left, Type right) {
  if (!IsNumeric(left) || !IsNumeric(right))
    return std::nullopt;
  return left == Type::kReal || right == Type::kReal ? Type::kReal : Type::kLong;
}

bool IsTime(Type type) { return type == Type::kDatetime || type == Type::kTimespan; }

std::optional<Type> TimeType(char op, Type left, Type right) {
  bool left_date = left == Type::kDatetime;
  bool right_date = right == Type::kDatetime;
  switch (op) {
    case '+':
      if (!IsTime(left) || !IsTime(right))
        return std::nullopt;
      return left_date || right_date ? Type::kDatetime : Type::kTimespan;
    case '-':
      if (!IsTime(left) || !IsTime(right))
        return std::nullopt;
      return left_date == right_date ? Type::kTimespan : Type::kDatetime;
    case '*':
      if (IsTime(left) && IsNumeric(right))
        return left;
      if (IsNumeric(left) && IsTime(right))
        return right;
      return left == Type::kTimespan && right == Type::kTimespan ? std::optional(Type::kTimespan)
                                                                 : std::nullopt;
    case '/':
      if (IsTime(left) && IsNumeric(right))
        return left;
      if ((left_date && IsTime(right)) || (left == Type::kTimespan && right == Type::kTimespan)) {
        return Type::kReal;
      }
      return std::nullopt;
    default:  // '%'
      if (IsTime(left) && IsNumeric(right))
        return left;
      if ((left_date && IsTime(right)) || (left == Type::kTimespan && right == Type::kTimespan)) {
        return Type::kTimespan;
      }
      return std::nullopt;
  }
}

// With one dynamic operand: the other's type decides.
std::optional<Type> DynamicType(char op, Type left, Type right) {
  if (left == right)
    return Type::kDynamic;
  bool dynamic_left = left == Type::kDynamic;
  Type other = dynamic_left ? right : left;
  if (IsNumeric(other))
    return other == Type::kReal ? Type::kReal : Type::kLong;
  if (!IsTime(other))
    return std::nullopt;
  if (op == '+')
    return other;
  if (op == '-')
    return Type::kTimespan;
  return std::nullopt;
}

}  // namespace

std::optional<Type> ArithmeticType(char op, Type left, Type right) {
  if (left == Type::kDynamic || right == Type::kDynamic)
    return DynamicType(op, left, right);
  if (std::optional<Type> number = NumberType(left, right))
    return number;
  return TimeType(op, left, right);
}

bool Orderable(Type left, Type right) {
  auto number_like = [](Type type) { return IsNumeric(type) || type == Type::kBool; };
  if (number_like(left) && number_like(right))
    return true;
  if (IsTime(left) && left == right)
    return true;
  auto dynamic_or_number = [](Type type) { return IsNumeric(type) || type == Type::kDynamic; };
  return dynamic_or_number(left) && dynamic_or_number(right);
}

bool Betweenable(Type value, Type bound) {
  if (IsTime(value))
    return value == bound;
  if (value == Type::kDynamic)
    return IsNumeric(bound);
  return IsNumeric(value) && (IsNumeric(bound) || bound == Type::kDynamic);
}

Type MergedType(Type a, Type b) {
  if (a == Type::kDynamic)
    return b;
  if (b == Type::kDynamic)
    return a;
  return plan::CommonType(a, b).value_or(Type::kDynamic);
}

std::optional<Type> BinType(Type value, Type size) {
  if (std::optional<Type> number = NumberType(value, size))
    return number;
  if (value == Type::kDatetime && IsTime(size))
    return Type::kDatetime;
  if (value == Type::kTimespan && size == Type::kTimespan)
    return Type::kTimespan;
  return std::nullopt;
}

}  // namespace keywatch::bind
