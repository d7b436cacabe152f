// KQL text -> tokens.
#pragma once

#include <string_view>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/kql/token.h"

namespace keywatch::kql {

// Cuts the text into tokens; white space and // comments are left out, the last token is kEnd. What
// is no token is reported, at most `max_errors` times, and stands as kInvalid.
std::vector<Token> Lex(std::string_view text, size_t max_errors, Diagnostics* diagnostics);

}  // namespace keywatch::kql
