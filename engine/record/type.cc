#include "engine/record/type.h"

#include <array>
#include <utility>

namespace keywatch::record {
namespace {

// The first spelling of a type is the one that is printed.
constexpr std::array<std::pair<std::string_view, Type>, 16> kNames = {{
    {"bool", Type::kBool},
    {"boolean", Type::kBool},
    {"int", Type::kInt},
    {"int32", Type::kInt},
    {"long", Type::kLong},
    {"int64", Type::kLong},
    {"real", Type::kReal},
    {"double", Type::kReal},
    {"datetime", Type::kDatetime},
    {"date", Type::kDatetime},
    {"timespan", Type::kTimespan},
    {"time", Type::kTimespan},
    {"guid", Type::kGuid},
    {"uniqueid", Type::kGuid},
    {"string", Type::kString},
    {"dynamic", Type::kDynamic},
}};

}  // namespace

std::string_view TypeName(Type type) {
  for (const auto& [name, named] : kNames) {
    if (named == type)
      return name;
  }
  return "unknown";
}

std::optional<Type> TypeFromName(std::string_view name) {
  for (const auto& [known, type] : kNames) {
    if (known == name)
      return type;
  }
  return std::nullopt;
}

}  // namespace keywatch::record
