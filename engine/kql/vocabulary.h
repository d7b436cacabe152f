// The words of KQL that are not free to use as names, and the names that operators and types have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keywatch::kql {

// True if the word cannot stand for a column, table or variable unless written ['word'].
// The list is that of Microsoft's parser; all other keywords are contextual.
bool IsReserved(std::string_view word);

// The same for the left side of `name = value`: fewer words are reserved there, and a few others.
bool IsReservedBeforeAssign(std::string_view word);

// True if the word needs no brackets anywhere. The printer uses it.
bool IsPlainName(std::string_view word);

bool Contains(const std::vector<std::string>& list, std::string_view word);

// Tabular operators after a pipe: those that Parse reads, and those that it refuses by name.
const std::vector<std::string>& SupportedOperators();
const std::vector<std::string>& UnsupportedOperators();

const std::vector<std::string>& JoinKinds();

// The canonical name of a scalar type ("date" -> "datetime"), or "" if there is no such type.
std::string_view CanonicalType(std::string_view name);
const std::vector<std::string>& TypeNames();

}  // namespace keywatch::kql
