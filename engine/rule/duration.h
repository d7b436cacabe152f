// Durations and sizes as people write them in rule files and in the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/record/time.h"

namespace keywatch::rule {

// A duration that is not negative: `14d`, `1.5h`, `5m`, `30s`, `500ms`, `1.02:00:00`, `00:05:00`,
// and ISO 8601 with weeks, days, hours, minutes and seconds: `PT5M`, `P1DT12H`. A bare number is
// none: nobody could say of what.
std::optional<record::Ticks> ParseDuration(std::string_view text);

// The shortest exact form of the above with one unit: "14d", "90s", "1500ms".
std::string FormatDuration(record::Ticks duration);

// Bytes: `512KiB`, `64MiB`, `2GiB`, `100B`. A bare number is none.
std::optional<int64_t> ParseSize(std::string_view text);
std::string FormatSize(int64_t bytes);

}  // namespace keywatch::rule
