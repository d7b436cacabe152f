// Points in time and durations as Kusto counts them: 100 ns ticks, always UTC, years 1 to 9999.
//
// A datetime is the number of ticks since 0001-01-01T00:00:00Z, so that bin() by any size floors to
// the multiples that Kusto uses. Facts: learn.microsoft.com/azure/data-explorer/kusto/query/
// scalar-data-types/{datetime,timespan}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keywatch::record {

using Ticks = int64_t;

inline constexpr Ticks kTicksPerMicrosecond = 10;
inline constexpr Ticks kTicksPerMillisecond = 10'000;
inline constexpr Ticks kTicksPerSecond = 10'000'000;
inline constexpr Ticks kTicksPerMinute = 60 * kTicksPerSecond;
inline constexpr Ticks kTicksPerHour = 60 * kTicksPerMinute;
inline constexpr Ticks kTicksPerDay = 24 * kTicksPerHour;
inline constexpr Ticks kUnixEpoch = 719'162 * kTicksPerDay;          // 1970-01-01
inline constexpr Ticks kMaxDatetime = 3'652'059 * kTicksPerDay - 1;  // the last tick of 9999

struct CivilTime {
  int year = 1;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int ticks = 0;  // of the second, 0 .. 9,999,999
};

// Null when a part is out of range (month 13, 30 February, year 0).
std::optional<Ticks> FromCivil(const CivilTime& civil);
CivilTime ToCivil(Ticks datetime);

// Reads `YYYY-MM-DD[T| ]hh:mm[:ss[.f{0,9}]][Z|±hh[:mm]]` and `YYYY-MM-DD`; a missing zone is UTC.
// Digits beyond the seventh fractional one are cut off. The hot path of the decoder.
std::optional<Ticks> ParseIsoDatetime(std::string_view text);

// What todatetime() and datetime() literals accept: the ISO forms, US dates (MM-DD-YYYY,
// MM/DD/YYYY, MM.DD.YYYY), "2 Dec 2022", "20221202", RFC 822 ("Sat, 8 Nov 2014 15:05:02 GMT").
std::optional<Ticks> ParseDatetime(std::string_view text);

// What totimespan() and timespan() literals accept: `[-][d.]hh:mm[:ss[.fffffff]]`, `1d`, `1.5h`,
// `10 seconds`, and a bare number of days.
std::optional<Ticks> ParseTimespan(std::string_view text);

// A number and a unit as in a KQL timespan literal: "1d", "1.5h", "30min", "10microseconds".
std::optional<Ticks> ParseTimespanLiteral(std::string_view text);

// "2020-01-01T00:00:00.0000000Z", the form of tostring().
std::string FormatDatetime(Ticks datetime);
// "2020-01-01T00:00:00.123Z": as many fractional digits as are not trailing zeros.
std::string FormatDatetimeShort(Ticks datetime);
// "1.02:03:04.5000000", "00:00:01", the form of tostring().
std::string FormatTimespan(Ticks timespan);

// Current wall time.
Ticks WallNow();

inline double ToSeconds(Ticks timespan) {
  return static_cast<double>(timespan) / static_cast<double>(kTicksPerSecond);
}
inline double ToUnixSeconds(Ticks datetime) { return ToSeconds(datetime - kUnixEpoch); }
inline Ticks FromUnixMilliseconds(int64_t milliseconds) {
  return kUnixEpoch + milliseconds * kTicksPerMillisecond;
}

// The largest multiple of `size` that is not above `value`; size > 0.
inline Ticks FloorTo(Ticks value, Ticks size) {
  Ticks rest = value % size;
  return rest < 0 ? value - rest - size : value - rest;
}

}  // namespace keywatch::record
