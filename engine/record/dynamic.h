// Values of the KQL type `dynamic`: JSON, plus datetimes and timespans inside (a bag packed from
// columns keeps their types; parsed JSON never holds them).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/record/time.h"

namespace keywatch::record {

struct Dynamic;
using DynamicPtr = std::shared_ptr<const Dynamic>;

// A tick count that remembers which type it is.
struct DynamicTime {
  Ticks ticks = 0;
  bool is_span = false;
  bool operator==(const DynamicTime&) const = default;
};

struct Dynamic {
  using Array = std::vector<Dynamic>;
  struct Member;
  using Object = std::vector<Member>;  // in the order written
  std::variant<std::monostate, bool, int64_t, double, std::string, DynamicTime, Array, Object> held;

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(held); }
  [[nodiscard]] const std::string* string() const { return std::get_if<std::string>(&held); }
  [[nodiscard]] const Array* array() const { return std::get_if<Array>(&held); }
  [[nodiscard]] const Object* object() const { return std::get_if<Object>(&held); }
  // The member of that exact name (KQL property names are case-sensitive); null if there is none.
  // Of duplicate names the last one counts, as in JSON.parse.
  [[nodiscard]] const Dynamic* Find(std::string_view name) const;
  // Element `index`, from the end when negative; null outside the array or on a non-array.
  [[nodiscard]] const Dynamic* At(int64_t index) const;
};

// A pair by another name: clang 14 cannot complete std::pair<std::string, Dynamic> inside Dynamic.
struct Dynamic::Member {
  Member() = default;
  Member(std::string name, Dynamic value) : first(std::move(name)), second(std::move(value)) {}

  std::string first;
  Dynamic second;
};

// Deepest nesting that ParseJson follows; deeper text is refused, so that input cannot exhaust the
// stack.
inline constexpr int kMaxJsonDepth = 64;

// One JSON value with nothing but white space around it; null if it is not JSON. Integers that do
// not fit 64 bits become real.
std::optional<Dynamic> ParseJson(std::string_view text);

// JSON text without blanks, as tostring(dynamic) writes it; a string is quoted.
std::string ToJson(const Dynamic& value);
// Appends `text` as a quoted JSON string. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);
// A real as JSON writes it: shortest form that reads back the same, with a fraction or exponent.
std::string FormatReal(double value);

// The integer that a real equals; null if there is none in 64 bits.
std::optional<int64_t> WholeNumber(double value);

// A text that is the same for equal values and for no others: members sorted, of duplicates the
// last, whole reals as integers. For keys and for order; it is no JSON.
std::string CanonicalText(const Dynamic& value);

// Deep equality; numbers compare by value (1 == 1.0), members in any order.
bool Equal(const Dynamic& a, const Dynamic& b);

}  // namespace keywatch::record
