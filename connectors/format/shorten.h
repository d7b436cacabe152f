// An alert for a receiver that found it too large: the same canonical JSON (docs/formats/alert.md)
// without evidence and result row, and with texts of at most 1 KiB. What is missing is named in
// `truncated`, as always.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace keywatch::format {

Result<std::string> Shortened(std::string_view canonical_json);

}  // namespace keywatch::format
