#include "engine/plan/function_catalog.h"

#include <algorithm>
#include <array>
#include <utility>

namespace keywatch::plan {
namespace {

using record::Type;

const std::vector<FunctionInfo>& Functions() {
  static const std::vector<FunctionInfo> functions = {
      {"abs", {Param::kAny}, 1, false, ResultRule::kFirstArg, Type::kLong},
      {"ago", {Param::kTimespan}, 1, false, ResultRule::kFixed, Type::kDatetime},
      {"array_length", {Param::kDynamic}, 1, false, ResultRule::kFixed, Type::kLong},
      {"bin", {Param::kAny, Param::kAny}, 2, false, ResultRule::kFirstArg, Type::kLong},
      {"coalesce", {Param::kAny, Param::kAny}, 2, true, ResultRule::kCommon, Type::kString},
      {"countof", {Param::kText, Param::kString}, 2, false, ResultRule::kFixed, Type::kLong},
      {"datetime_part",
       {Param::kString, Param::kDatetime},
       2,
       false,
       ResultRule::kFixed,
       Type::kInt},
      {"dayofweek", {Param::kDatetime}, 1, false, ResultRule::kFixed, Type::kTimespan},
      {"extract",
       {Param::kStringLiteral, Param::kInteger, Param::kText},
       3,
       false,
       ResultRule::kFixed,
       Type::kString},
      {"hourofday", {Param::kDatetime}, 1, false, ResultRule::kFixed, Type::kInt},
      {"iff",
       {Param::kBool, Param::kAny, Param::kAny},
       3,
       false,
       ResultRule::kCommon,
       Type::kString},
      {"indexof", {Param::kAny, Param::kAny}, 2, false, ResultRule::kFixed, Type::kLong},
      {"ipv4_compare",
       {Param::kText, Param::kText, Param::kInteger},
       2,
       false,
       ResultRule::kFixed,
       Type::kLong},
      {"ipv4_is_in_any_range",
       {Param::kText, Param::kText},
       2,
       true,
       ResultRule::kFixed,
       Type::kBool,
       32768},
      {"ipv4_is_in_range", {Param::kText, Param::kText}, 2, false, ResultRule::kFixed, Type::kBool},
      {"ipv4_is_match",
       {Param::kText, Param::kText, Param::kInteger},
       2,
       false,
       ResultRule::kFixed,
       Type::kBool},
      {"ipv4_is_private", {Param::kText}, 1, false, ResultRule::kFixed, Type::kBool},
      {"isempty", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kBool},
      {"isnotempty", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kBool},
      {"isnotnull", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kBool},
      {"isnull", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kBool},
      {"not", {Param::kBool}, 1, false, ResultRule::kFixed, Type::kBool},
      {"parse_json", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kDynamic},
      {"replace_regex",
       {Param::kText, Param::kStringLiteral, Param::kStringLiteral},
       3,
       false,
       ResultRule::kFixed,
       Type::kString},
      {"replace_string",
       {Param::kText, Param::kString, Param::kString},
       3,
       false,
       ResultRule::kFixed,
       Type::kString},
      {"split",
       {Param::kAny, Param::kText, Param::kInteger},
       2,
       false,
       ResultRule::kFixed,
       Type::kDynamic},
      {"startofday",
       {Param::kDatetime, Param::kInteger},
       1,
       false,
       ResultRule::kFixed,
       Type::kDatetime},
      {"strcat", {Param::kAny}, 1, true, ResultRule::kFixed, Type::kString},
      {"strlen", {Param::kText}, 1, false, ResultRule::kFixed, Type::kLong},
      {"substring",
       {Param::kAny, Param::kInteger, Param::kInteger},
       2,
       false,
       ResultRule::kFixed,
       Type::kString},
      {"tobool", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kBool},
      {"todatetime", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kDatetime},
      {"toint", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kInt},
      {"tolong", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kLong},
      {"tolower", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kString},
      {"toreal", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kReal},
      {"tostring", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kString},
      {"totimespan", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kTimespan},
      {"toupper", {Param::kAny}, 1, false, ResultRule::kFixed, Type::kString},
      {"trim", {Param::kStringLiteral, Param::kText}, 2, false, ResultRule::kFixed, Type::kString},
      {"url_decode", {Param::kText}, 1, false, ResultRule::kFixed, Type::kString},
  };
  return functions;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kAliases = {{
    {"floor", "bin"},
    {"iif", "iff"},
    {"todouble", "toreal"},
    {"todynamic", "parse_json"},
    {"parsejson", "parse_json"},
    {"replace", "replace_regex"},
    {"toboolean", "tobool"},
}};

constexpr std::array<AggregateInfo, 17> kAggregates = {{
    {"count", 0, 1, "count"},
    {"countif", 1, 1, "countif"},
    {"sum", 1, 1, "sum"},
    {"sumif", 2, 2, "sumif"},
    {"avg", 1, 1, "avg"},
    {"min", 1, 1, "min"},
    {"max", 1, 1, "max"},
    {"dcount", 1, 2, "dcount"},
    {"dcountif", 2, 3, "dcountif"},
    {"arg_max", 1, 64, ""},
    {"arg_min", 1, 64, ""},
    {"make_set", 1, 2, "set"},
    {"makeset", 1, 2, "set"},
    {"make_list", 1, 2, "list"},
    {"makelist", 1, 2, "list"},
    {"take_any", 1, 1, ""},
    {"any", 1, 1, "any"},
}};

// In the order of DatetimePart.
constexpr std::array<std::string_view, 12> kDatetimeParts = {"year",
                                                             "quarter",
                                                             "month",
                                                             "week_of_year",
                                                             "day",
                                                             "dayofyear",
                                                             "hour",
                                                             "minute",
                                                             "second",
                                                             "millisecond",
                                                             "microsecond",
                                                             "nanosecond"};

bool SameIgnoringCase(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

const FunctionInfo* FindFunction(std::string_view name) {
  for (const auto& [alias, target] : kAliases) {
    if (alias == name)
      name = target;
  }
  const std::vector<FunctionInfo>& all = Functions();
  auto found = std::find_if(
      all.begin(), all.end(), [&](const FunctionInfo& info) { return info.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names = {
      "now", "case", "column_ifexists", "columnifexists", "ingestion_time", "toscalar"};
  for (const FunctionInfo& info : Functions())
    names.emplace_back(info.name);
  for (const auto& [alias, target] : kAliases)
    names.emplace_back(alias);
  return names;
}

const AggregateInfo* FindAggregate(std::string_view name) {
  auto found = std::find_if(kAggregates.begin(), kAggregates.end(), [&](const AggregateInfo& info) {
    return info.name == name;
  });
  return found == kAggregates.end() ? nullptr : &*found;
}

std::vector<std::string> AggregateNames() {
  std::vector<std::string> names;
  for (const AggregateInfo& info : kAggregates)
    names.emplace_back(info.name);
  return names;
}

std::optional<DatetimePart> FindDatetimePart(std::string_view name) {
  for (size_t i = 0; i < kDatetimeParts.size(); ++i) {
    if (SameIgnoringCase(kDatetimeParts[i], name))
      return static_cast<DatetimePart>(i);
  }
  return std::nullopt;
}

std::string DatetimePartNames() {
  std::string names;
  for (std::string_view part : kDatetimeParts)
    names += (names.empty() ? "" : ", ") + std::string(part);
  return names;
}

bool Accepts(Param param, Type type) {
  switch (param) {
    case Param::kAny:
      return true;
    case Param::kBool:
      return type == Type::kBool;
    case Param::kString:
    case Param::kStringLiteral:
      return type == Type::kString;
    case Param::kText:
      return type == Type::kString || type == Type::kDynamic;
    case Param::kNumber:
      return record::IsNumeric(type);
    case Param::kInteger:
      return type == Type::kInt || type == Type::kLong;
    case Param::kDatetime:
      return type == Type::kDatetime;
    case Param::kTimespan:
      return type == Type::kTimespan;
    case Param::kDynamic:
      return type == Type::kDynamic;
    case Param::kScalarKey:
      return type != Type::kDynamic;
  }
  return false;
}

std::string_view ParamName(Param param) {
  switch (param) {
    case Param::kAny:
      return "any type";
    case Param::kBool:
      return "bool";
    case Param::kString:
      return "string";
    case Param::kText:
      return "string or dynamic";
    case Param::kNumber:
      return "a number";
    case Param::kInteger:
      return "int or long";
    case Param::kDatetime:
      return "datetime";
    case Param::kTimespan:
      return "timespan";
    case Param::kDynamic:
      return "dynamic";
    case Param::kScalarKey:
      return "anything but dynamic";
    case Param::kStringLiteral:
      return "a constant string";
  }
  return "";
}

std::optional<Type> CommonType(Type a, Type b) {
  if (a == b)
    return a;
  if (record::IsNumeric(a) && record::IsNumeric(b)) {
    return a == Type::kReal || b == Type::kReal ? Type::kReal : Type::kLong;
  }
  return std::nullopt;
}

}  // namespace keywatch::plan
