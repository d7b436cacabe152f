// The scalar types of KQL (learn.microsoft.com/azure/data-explorer/kusto/query/scalar-data-types).
#pragma once

#include <optional>
#include <string_view>

namespace keywatch::record {

enum class Type { kBool, kInt, kLong, kReal, kDatetime, kTimespan, kGuid, kString, kDynamic };

// "bool", "int", "long", "real", "datetime", "timespan", "guid", "string", "dynamic".
std::string_view TypeName(Type type);

// The type a name stands for, aliases included (boolean, date, double, time, uniqueid).
std::optional<Type> TypeFromName(std::string_view name);

inline bool IsNumeric(Type type) {
  return type == Type::kInt || type == Type::kLong || type == Type::kReal;
}

}  // namespace keywatch::record
