// Result types of operators, as Microsoft's own binder decides them (@kusto/language-service-next
// 12.4.1, probed for every pair of types).
#pragma once

#include <optional>
#include <string_view>

#include "engine/record/type.h"

namespace keywatch::bind {

// + - * / %; null when the operator is not defined for the pair.
std::optional<record::Type> ArithmeticType(char op, record::Type left, record::Type right);
// Whether < <= > >= are defined for the pair.
bool Orderable(record::Type left, record::Type right);
// Whether `between` is defined for a value of this type with bounds of that type.
bool Betweenable(record::Type value, record::Type bound);
// iff, case: the common type, dynamic if there is none.
record::Type MergedType(record::Type a, record::Type b);
// bin(value, size).
std::optional<record::Type> BinType(record::Type value, record::Type size);

}  // namespace keywatch::bind
