#include "app/page/format_text.h"

#include <fmt/format.h>

namespace keywatch::app::page {

using record::CivilTime;
using record::Ticks;

std::string FormatCount(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3; at -= 3)
    digits.insert(at - 3, ",");
  return digits;
}

std::string FormatTime(Ticks time) {
  if (time <= 0)
    return "unknown";
  CivilTime c = record::ToCivil(time);
  return fmt::format(
      "{:04}-{:02}-{:02} {:02}:{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

std::string FormatClock(Ticks time) {
  if (time <= 0)
    return "unknown";
  CivilTime c = record::ToCivil(time);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", c.hour, c.minute, c.second, c.ticks / 10'000);
}

std::string FormatSpan(Ticks span) {
  if (span < 0)
    return "-" + FormatSpan(-span);
  double seconds = static_cast<double>(span) / static_cast<double>(record::kTicksPerSecond);
  if (span < record::kTicksPerMillisecond)
    return fmt::format("{} µs", span / record::kTicksPerMicrosecond);
  if (span < record::kTicksPerSecond)
    return fmt::format("{:.0f} ms", seconds * 1000);
  if (span < 10 * record::kTicksPerSecond)
    return fmt::format("{:.1f} s", seconds);
  if (span < record::kTicksPerMinute)
    return fmt::format("{} s", span / record::kTicksPerSecond);
  auto two = [&](Ticks large, const char* name, Ticks small, const char* small_name) {
    Ticks rest = span % large / small;
    return rest == 0 ? fmt::format("{} {}", span / large, name)
                     : fmt::format("{} {} {} {}", span / large, name, rest, small_name);
  };
  if (span < record::kTicksPerHour)
    return two(record::kTicksPerMinute, "min", record::kTicksPerSecond, "s");
  if (span < record::kTicksPerDay)
    return two(record::kTicksPerHour, "h", record::kTicksPerMinute, "min");
  return two(record::kTicksPerDay, "d", record::kTicksPerHour, "h");
}

std::string FormatAge(Ticks time, Ticks now) {
  if (time <= 0)
    return "never";
  Ticks age = now - time;
  if (age < 0)
    return "in " + FormatSpan(-age);
  if (age < record::kTicksPerSecond)
    return "now";
  // Whole units: an age that jumps about is hard to read.
  if (age < record::kTicksPerMinute)
    return fmt::format("{} s ago", age / record::kTicksPerSecond);
  if (age < record::kTicksPerHour)
    return FormatSpan(age / record::kTicksPerMinute * record::kTicksPerMinute) + " ago";
  return FormatSpan(age) + " ago";
}

std::string FormatShare(double share) {
  double percent = share * 100;
  if (percent > 0 && percent < 0.1)
    return "< 0.1 %";
  return fmt::format("{:.1f} %", percent);
}

}  // namespace keywatch::app::page
