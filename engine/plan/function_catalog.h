// The functions and operators of the language: names, argument types, result types. No code: that
// is in engine/eval/functions, one table per family, and a test holds the two together.
//
// Facts: learn.microsoft.com/azure/data-explorer/kusto/query/scalar-functions and -operators, and
// the verdicts of Microsoft's own binder (@kusto/language-service-next).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record/type.h"

namespace keywatch::plan {

// What an argument may be.
enum class Param {
  kAny,
  kBool,
  kString,   // string
  kText,     // string or dynamic
  kNumber,   // int, long, real
  kInteger,  // int, long
  kDatetime,
  kTimespan,
  kDynamic,
  kScalarKey,      // anything but dynamic
  kStringLiteral,  // a constant string
};

enum class ResultRule {
  kFixed,     // `result`
  kFirstArg,  // type of the first argument
  kCommon,    // common type of all value arguments; dynamic where there is none
};

struct FunctionInfo {
  std::string_view name;
  std::vector<Param> params;
  size_t required = 0;    // of params
  bool variadic = false;  // the last param may repeat
  ResultRule rule = ResultRule::kFixed;
  record::Type result = record::Type::kString;
  size_t most = 64;  // arguments of a variadic function
};

// The entry of a scalar function by the name written in KQL (case-sensitive); null if unknown.
// Aliases (iif, todouble, columnifexists, ..) are resolved.
const FunctionInfo* FindFunction(std::string_view name);
std::vector<std::string> FunctionNames();

// How an aggregate's result is typed and named.
struct AggregateInfo {
  std::string_view name;
  size_t min_args = 0;
  size_t max_args = 0;
  std::string_view column_prefix;  // automatic name: prefix_ + argument name
};
const AggregateInfo* FindAggregate(std::string_view name);
std::vector<std::string> AggregateNames();

// What datetime_part() can take of a time: "year", "week_of_year", .., in any case.
enum class DatetimePart {
  kYear,
  kQuarter,
  kMonth,
  kWeekOfYear,
  kDay,
  kDayOfYear,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kNanosecond,
};
std::optional<DatetimePart> FindDatetimePart(std::string_view name);
// All their names, with commas.
std::string DatetimePartNames();

bool Accepts(Param param, record::Type type);
std::string_view ParamName(Param param);

// int < long < real; equal types; null when there is no common type.
std::optional<record::Type> CommonType(record::Type a, record::Type b);

}  // namespace keywatch::plan
