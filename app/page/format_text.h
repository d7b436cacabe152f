// Numbers and times as people read them.
#pragma once

#include <cstdint>
#include <string>

#include "engine/record/time.h"

namespace keywatch::app::page {

// "12,345".
std::string FormatCount(uint64_t count);
// "2026-03-01 12:30:05" (UTC, whole seconds); "unknown" for 0.
std::string FormatTime(record::Ticks time);
// "12:30:05.123".
std::string FormatClock(record::Ticks time);
// "2 ms", "1.5 s", "3 min", "2 h 5 min", "4 d 3 h": two units at most.
std::string FormatSpan(record::Ticks span);
// "12 s ago"; "in 3 min" for the future.
std::string FormatAge(record::Ticks time, record::Ticks now);
// "0.3 %".
std::string FormatShare(double share);

}  // namespace keywatch::app::page
