// A single KQL value: a type and, unless it is null, what it holds.
//
// A string is never null: a missing string is "" (learn.microsoft.com/azure/data-explorer/kusto/
// query/scalar-data-types/null-values). bool, int, long, datetime and timespan are held as int64.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/record/dynamic.h"
#include "engine/record/time.h"
#include "engine/record/type.h"

namespace keywatch::record {

class Value {
 public:
  Value() : type_(Type::kString), held_(std::string()) {}

  static Value Null(Type type);  // of kString: ""
  static Value Bool(bool value) { return {Type::kBool, static_cast<int64_t>(value)}; }
  static Value Int(int64_t value) { return {Type::kInt, value}; }
  static Value Long(int64_t value) { return {Type::kLong, value}; }
  static Value Real(double value) { return {Type::kReal, value}; }
  static Value Datetime(Ticks ticks) { return {Type::kDatetime, ticks}; }
  static Value Timespan(Ticks ticks) { return {Type::kTimespan, ticks}; }
  static Value String(std::string text) { return {Type::kString, std::move(text)}; }
  static Value Guid(std::string text) { return {Type::kGuid, std::move(text)}; }
  static Value Of(Dynamic value);
  static Value Of(DynamicPtr value);  // null pointer: null
  // An int64-held value of the given type.
  static Value Integral(Type type, int64_t value) { return {type, value}; }

  [[nodiscard]] Type type() const { return type_; }
  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(held_); }
  [[nodiscard]] bool boolean() const { return std::get<int64_t>(held_) != 0; }
  [[nodiscard]] int64_t integral() const { return std::get<int64_t>(held_); }
  [[nodiscard]] double real() const { return std::get<double>(held_); }
  [[nodiscard]] const std::string& string() const { return std::get<std::string>(held_); }
  [[nodiscard]] const DynamicPtr& dynamic() const { return std::get<DynamicPtr>(held_); }
  // A numeric value of any width as a double.
  [[nodiscard]] double number() const {
    return type_ == Type::kReal ? real() : static_cast<double>(integral());
  }

 private:
  Value(Type type, int64_t held) : type_(type), held_(held) {}
  Value(Type type, double held) : type_(type), held_(held) {}
  Value(Type type, std::string held) : type_(type), held_(std::move(held)) {}
  Value(Type type, DynamicPtr held) : type_(type), held_(std::move(held)) {}
  explicit Value(Type type) : type_(type) {}

  Type type_;
  std::variant<std::monostate, int64_t, double, std::string, DynamicPtr> held_;
};

using Row = std::vector<Value>;

// tostring(): "True", "2020-01-01T00:00:00.0000000Z", JSON for a dynamic (a dynamic string comes
// unquoted), "" for null.
std::string ToText(const Value& value);
// The value inside a JSON document: times as their text, dynamic as it is.
Dynamic ToDynamic(const Value& value);

// Total order within one type, nulls first; for sort, min, max and ordered containers. Values of
// different types order by type.
std::strong_ordering Compare(const Value& a, const Value& b);
// Equality of group and join keys: null equals null, NaN equals NaN.
inline bool SameKey(const Value& a, const Value& b) {
  return Compare(a, b) == std::strong_ordering::equal;
}
bool SameRow(const Row& a, const Row& b);
size_t HashValue(const Value& value);
size_t HashRow(const Row& row);

struct RowHash {
  size_t operator()(const Row& row) const { return HashRow(row); }
};
struct RowEqual {
  bool operator()(const Row& a, const Row& b) const { return SameRow(a, b); }
};

}  // namespace keywatch::record
