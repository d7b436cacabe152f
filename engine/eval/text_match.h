// String comparison as KQL's operators do it: ASCII letters fold where case is ignored, other bytes
// compare as they are
// (learn.microsoft.com/azure/data-explorer/kusto/query/datatypes-string-operators).
#pragma once

#include <string>
#include <string_view>

namespace keywatch::eval {

enum class Case { kExact, kFold };

bool TextEquals(std::string_view a, std::string_view b, Case mode);
bool TextContains(std::string_view text, std::string_view needle, Case mode);
bool TextStartsWith(std::string_view text, std::string_view prefix, Case mode);
bool TextEndsWith(std::string_view text, std::string_view suffix, Case mode);

// Which ends of a term match must lie on a boundary: has, hasprefix, hassuffix.
enum class Term { kWhole, kPrefix, kSuffix };

// Whether `needle` occurs as a term. A term is a maximal run of alphanumeric characters (bytes
// above 127 count as such). A boundary is asked for only where the needle's own edge is
// alphanumeric, so that `has "."` and `has "#EXT#"` find what their authors mean.
bool TextHasTerm(std::string_view text, std::string_view needle, Term term, Case mode);

std::string FoldCase(std::string_view text);

}  // namespace keywatch::eval
