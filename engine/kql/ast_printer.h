// The tree in a compact text form that tests compare, and as KQL again.
#pragma once

#include <string>

#include "engine/kql/ast.h"

namespace keywatch::kql {

// KQL text with the same tree: parsing what Print returns, and printing that, gives the same text.
// Every operator of an expression is parenthesised, so precedence shows.
std::string Print(const Query& query);
std::string Print(const Expr& expr);

}  // namespace keywatch::kql
