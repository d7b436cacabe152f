#include "engine/record/value.h"

#include <cmath>
#include <functional>
#include <optional>

namespace keywatch::record {

Value Value::Null(Type type) {
  if (type == Type::kString)
    return String("");
  return Value(type);
}

Value Value::Of(Dynamic value) {
  if (value.is_null())
    return Null(Type::kDynamic);
  return {Type::kDynamic, std::make_shared<const Dynamic>(std::move(value))};
}

Value Value::Of(DynamicPtr value) {
  if (value == nullptr || value->is_null())
    return Null(Type::kDynamic);
  return {Type::kDynamic, std::move(value)};
}

std::string ToText(const Value& value) {
  if (value.is_null())
    return "";
  switch (value.type()) {
    case Type::kBool:
      return value.boolean() ? "True" : "False";
    case Type::kInt:
    case Type::kLong:
      return std::to_string(value.integral());
    case Type::kReal: {
      double real = value.real();
      if (std::isnan(real))
        return "NaN";
      if (std::isinf(real))
        return real > 0 ? "Infinity" : "-Infinity";
      return FormatReal(real);
    }
    case Type::kDatetime:
      return FormatDatetime(value.integral());
    case Type::kTimespan:
      return FormatTimespan(value.integral());
    case Type::kGuid:
    case Type::kString:
      return value.string();
    case Type::kDynamic: {
      const std::string* text = value.dynamic()->string();
      return text != nullptr ? *text : ToJson(*value.dynamic());
    }
  }
  return "";
}

Dynamic ToDynamic(const Value& value) {
  Dynamic out;
  if (value.is_null())
    return out;
  switch (value.type()) {
    case Type::kBool:
      out.held = value.boolean();
      break;
    case Type::kInt:
    case Type::kLong:
      out.held = value.integral();
      break;
    case Type::kReal:
      out.held = value.real();
      break;
    case Type::kDatetime:
      out.held = DynamicTime{value.integral(), false};
      break;
    case Type::kTimespan:
      out.held = DynamicTime{value.integral(), true};
      break;
    case Type::kGuid:
    case Type::kString:
      out.held = value.string();
      break;
    case Type::kDynamic:
      return *value.dynamic();
  }
  return out;
}

namespace {

std::strong_ordering CompareReal(double a, double b) {
  if (a < b)
    return std::strong_ordering::less;
  if (a > b)
    return std::strong_ordering::greater;
  if (a == b)
    return std::strong_ordering::equal;
  return static_cast<int>(std::isnan(b)) <=> static_cast<int>(std::isnan(a));  // NaN before numbers
}

// Exact: not every long is a real, so neither side is converted to the other's type.
std::strong_ordering CompareMixed(int64_t a, double b) {
  if (std::isnan(b) || b < -9223372036854775808.0)
    return std::strong_ordering::greater;
  if (b >= 9223372036854775808.0)
    return std::strong_ordering::less;
  double whole = std::trunc(b);
  if (auto order = a <=> static_cast<int64_t>(whole); order != 0)
    return order;
  return CompareReal(0, b - whole);
}

std::strong_ordering Reversed(std::strong_ordering order) {
  if (order == 0)
    return order;
  return order < 0 ? std::strong_ordering::greater : std::strong_ordering::less;
}

// FNV-1a's mixing step over word-sized parts.
size_t Mix(size_t seed, size_t part) {
  return (seed ^ part) * 0x9E3779B97F4A7C15ULL + (seed >> 29);
}

}  // namespace

std::strong_ordering Compare(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null())
    return b.is_null() <=> a.is_null();
  if (a.type() != b.type()) {
    if (IsNumeric(a.type()) && IsNumeric(b.type())) {
      if (a.type() != Type::kReal && b.type() != Type::kReal)
        return a.integral() <=> b.integral();
      return a.type() == Type::kReal ? Reversed(CompareMixed(b.integral(), a.real()))
                                     : CompareMixed(a.integral(), b.real());
    }
    return a.type() <=> b.type();
  }
  switch (a.type()) {
    case Type::kReal:
      return CompareReal(a.real(), b.real());
    case Type::kGuid:
    case Type::kString:
      return a.string().compare(b.string()) <=> 0;
    case Type::kDynamic:
      return CanonicalText(*a.dynamic()).compare(CanonicalText(*b.dynamic())) <=> 0;
    default:
      return a.integral() <=> b.integral();
  }
}

bool SameRow(const Row& a, const Row& b) {
  if (a.size() != b.size())
    return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!SameKey(a[i], b[i]))
      return false;
  }
  return true;
}

size_t HashValue(const Value& value) {
  if (value.is_null())
    return 0x51ED270B;
  switch (value.type()) {
    case Type::kReal: {
      // Whole reals hash as the integer they equal.
      double real = value.real();
      if (std::optional<int64_t> whole = WholeNumber(real))
        return std::hash<int64_t>()(*whole);
      return std::isnan(real) ? 1 : std::hash<double>()(real);
    }
    case Type::kGuid:
    case Type::kString:
      return std::hash<std::string>()(value.string());
    case Type::kDynamic:
      return std::hash<std::string>()(CanonicalText(*value.dynamic()));
    default:
      return std::hash<int64_t>()(value.integral());
  }
}

size_t HashRow(const Row& row) {
  size_t seed = row.size();
  for (const Value& value : row)
    seed = Mix(seed, HashValue(value));
  return seed;
}

}  // namespace keywatch::record
