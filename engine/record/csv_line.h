// One line of a CSV file (RFC 4180, but a field does not span lines).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keywatch::record {

// Its fields; null if a quote is left open.
std::optional<std::vector<std::string>> SplitCsvLine(std::string_view line);

}  // namespace keywatch::record
