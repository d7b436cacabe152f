// How a value stands in a test file: one cell of a row, cells apart by blanks.
//   null              of every type but string (a string is never null: write "")
//   true  42  1.5  NaN  Infinity  2024-05-01T10:00:00Z  1.02:03:04  a guid
//   alice  "two words"  ""  "say \"hi\""     strings; quoted (as JSON) where they hold blanks or
//                                            quotes, are empty, or begin with one of [ { #
//   [1,"a"]  {"a": 1}  "text"  5  true       dynamic: JSON
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/record/value.h"

namespace keywatch::kql_tests {

std::string CellText(const record::Value& value);
Result<record::Value> ReadCell(record::Type type, std::string_view text);
// The cells of a line: a quoted string and a bracketed JSON value are one cell, blanks and all.
std::vector<std::string> SplitCells(std::string_view line);

}  // namespace keywatch::kql_tests
