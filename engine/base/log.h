// Structured log lines on stderr: `2026-11-24T10:00:00.000Z level message key=value ..`, or JSON
// (`{"time":..,"level":..,"message":..,"key":"value",..}`).
//
// A value that holds a blank, a quote, `=` or a control character is quoted and escaped, so that
// nothing a record brings along can forge a line or reach a terminal.
//
// A place in the code writes at most 50 lines in 30 s (log_limit.h); then a line says how many were
// left out: `.. 1234 more like this in 30 s: message`. Debug lines are all written.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/log_limit.h"

namespace keywatch {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

// Process-wide; call before threads start. Until then: kInfo, text.
void ConfigureLog(LogLevel least, bool json);
// The place of the call that this is a default argument of. Not std::source_location, which the
// fuzzers' compiler (clang 14) does not have.
constexpr LogPlace CallerPlace(const char* file = __builtin_FILE(),
                               uint32_t line = __builtin_LINE()) {
  return {file, line};
}
// Thread-safe. Never pass secrets or record contents.
void Log(LogLevel level,
         std::string_view message,
         LogFields fields = {},
         LogPlace where = CallerPlace());
// Says what was left out in intervals that are over, which Log() also does: for whoever comes round
// regularly, so that it is said when nothing else is. `at_end`: also of intervals that are not
// over. Thread-safe, cheap.
void TellSuppressedLogLines(bool at_end = false);
// Lines written at this level so far, for keywatch_log_messages_total. Thread-safe.
uint64_t LogLineCount(LogLevel level);
// Lines of this level left out so far, for keywatch_log_suppressed_total. Thread-safe.
uint64_t SuppressedLogLineCount(LogLevel level);
// The line that Log() writes, without its line end.
std::string FormatLogLine(int64_t unix_milliseconds,
                          LogLevel level,
                          std::string_view message,
                          LogFields fields,
                          bool json);

}  // namespace keywatch
