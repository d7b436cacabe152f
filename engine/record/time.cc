#include "engine/record/time.h"

#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace keywatch::record {
namespace {

constexpr std::array<int, 12> kDaysBefore = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysInMonth(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[static_cast<size_t>(month - 1)] + (month == 2 && IsLeap(year) ? 1 : 0);
}

int64_t DaysFromCivil(int year, int month, int day) {
  int64_t before = year - 1;
  int64_t days = before * 365 + before / 4 - before / 100 + before / 400;
  days += kDaysBefore[static_cast<size_t>(month - 1)] + (month > 2 && IsLeap(year) ? 1 : 0);
  return days + day - 1;
}

// A cursor over text; every Read moves on only when it succeeds.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool AtEnd() const { return at_ == text_.size(); }
  [[nodiscard]] char Peek() const { return AtEnd() ? '\0' : text_[at_]; }

  bool Skip(char c) {
    if (Peek() != c)
      return false;
    ++at_;
    return true;
  }
  void SkipSpaces() {
    while (!AtEnd() && std::isspace(static_cast<unsigned char>(Peek())) != 0)
      ++at_;
  }
  // Exactly `digits` digits.
  bool Number(int digits, int* out) {
    if (text_.size() - at_ < static_cast<size_t>(digits))
      return false;
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      unsigned digit = static_cast<unsigned char>(text_[at_ + static_cast<size_t>(i)]) - '0';
      if (digit > 9)
        return false;
      value = value * 10 + static_cast<int>(digit);
    }
    at_ += static_cast<size_t>(digits);
    *out = value;
    return true;
  }
  // One to `most` digits.
  bool UpTo(int most, int* out) {
    int digits = 0;
    while (digits < most && at_ + static_cast<size_t>(digits) < text_.size() &&
           std::isdigit(static_cast<unsigned char>(text_[at_ + static_cast<size_t>(digits)])) !=
               0) {
      ++digits;
    }
    return digits > 0 && Number(digits, out);
  }
  // A fraction of a second as ticks, at least one digit; more than seven are read and cut off.
  bool Fraction(int* out) {
    if (std::isdigit(static_cast<unsigned char>(Peek())) == 0)
      return false;
    int ticks = 0;
    int digits = 0;
    while (!AtEnd() && std::isdigit(static_cast<unsigned char>(Peek())) != 0) {
      if (digits < 7)
        ticks = ticks * 10 + (Peek() - '0');
      ++digits;
      ++at_;
    }
    for (; digits < 7; ++digits)
      ticks *= 10;
    *out = ticks;
    return true;
  }
  std::string_view Word() {
    size_t start = at_;
    while (!AtEnd() && std::isalpha(static_cast<unsigned char>(Peek())) != 0)
      ++at_;
    return text_.substr(start, at_ - start);
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);
  }
  return text;
}

// [Z|±hh[:]mm|GMT|UTC] at the end of the text; the offset in minutes.
bool ReadZone(Reader& reader, int* minutes) {
  *minutes = 0;
  reader.SkipSpaces();
  if (reader.AtEnd())
    return true;
  if (reader.Skip('Z') || reader.Skip('z'))
    return reader.AtEnd();
  int sign = reader.Skip('+') ? 1 : (reader.Skip('-') ? -1 : 0);
  if (sign == 0) {
    std::string_view word = reader.Word();
    return (word == "GMT" || word == "UTC") && reader.AtEnd();
  }
  int hours = 0;
  int rest = 0;
  if (!reader.Number(2, &hours))
    return false;
  bool colon = reader.Skip(':');
  if ((colon || !reader.AtEnd()) && !reader.Number(2, &rest))
    return false;
  if (hours > 14 || rest > 59)
    return false;
  *minutes = sign * (hours * 60 + rest);
  return reader.AtEnd();
}

bool ReadClock(Reader& reader, CivilTime* civil) {
  if (!reader.UpTo(2, &civil->hour) || !reader.Skip(':') || !reader.Number(2, &civil->minute)) {
    return false;
  }
  if (reader.Skip(':')) {
    if (!reader.Number(2, &civil->second))
      return false;
    if (reader.Skip('.') && !reader.Fraction(&civil->ticks))
      return false;
  }
  return true;
}

// A clock and a zone after the date, or nothing. A `T` or a space stands before the clock.
std::optional<Ticks> FinishWithClock(Reader& reader, CivilTime civil) {
  if (!reader.AtEnd()) {
    bool joined = reader.Skip('T') || reader.Skip('t');
    bool spaced = !joined && std::isspace(static_cast<unsigned char>(reader.Peek())) != 0;
    reader.SkipSpaces();
    bool digit = std::isdigit(static_cast<unsigned char>(reader.Peek())) != 0;
    if (digit && !joined && !spaced)
      return std::nullopt;
    if ((joined || digit) && !ReadClock(reader, &civil))
      return std::nullopt;
  }
  int zone = 0;
  if (!ReadZone(reader, &zone))
    return std::nullopt;
  std::optional<Ticks> local = FromCivil(civil);
  if (!local)
    return std::nullopt;
  Ticks utc = *local - zone * kTicksPerMinute;
  if (utc < 0 || utc > kMaxDatetime)
    return std::nullopt;
  return utc;
}

std::optional<int> MonthFromName(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths = {
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
  if (name.size() < 3)
    return std::nullopt;
  std::string lower;
  for (char c : name.substr(0, 3)) {
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (kMonths[i] == lower)
      return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

// "[Sat, ]8 Nov 2014[ 15:05:02 GMT]"
std::optional<Ticks> ParseNamedMonth(std::string_view text) {
  Reader reader(text);
  if (std::isalpha(static_cast<unsigned char>(reader.Peek())) != 0) {
    (void)reader.Word();
    reader.Skip(',');
    reader.SkipSpaces();
  }
  CivilTime civil;
  if (!reader.UpTo(2, &civil.day))
    return std::nullopt;
  reader.SkipSpaces();
  std::optional<int> month = MonthFromName(reader.Word());
  if (!month)
    return std::nullopt;
  civil.month = *month;
  reader.SkipSpaces();
  int year = 0;
  if (!reader.UpTo(4, &year))
    return std::nullopt;
  civil.year = year < 100 ? year + (year < 50 ? 2000 : 1900) : year;
  return FinishWithClock(reader, civil);
}

std::optional<Ticks> ParseUsDate(std::string_view text) {
  Reader reader(text);
  CivilTime civil;
  if (!reader.UpTo(2, &civil.month))
    return std::nullopt;
  char separator = reader.Peek();
  if (separator != '-' && separator != '/' && separator != '.')
    return std::nullopt;
  if (!reader.Skip(separator) || !reader.UpTo(2, &civil.day) || !reader.Skip(separator) ||
      !reader.Number(4, &civil.year)) {
    return std::nullopt;
  }
  return FinishWithClock(reader, civil);
}

std::optional<Ticks> ParseCompactDate(std::string_view text) {
  Reader reader(text);
  CivilTime civil;
  if (!reader.Number(4, &civil.year) || !reader.Number(2, &civil.month) ||
      !reader.Number(2, &civil.day) || !reader.AtEnd()) {
    return std::nullopt;
  }
  return FromCivil(civil);
}

// The ticks of one unit, by any spelling that a KQL timespan literal may use.
std::optional<double> TicksPerUnit(std::string_view unit) {
  constexpr std::array<std::pair<std::string_view, double>, 29> kUnits = {{
      {"d", 864e9},         {"day", 864e9},        {"days", 864e9}, {"h", 36e9},
      {"hr", 36e9},         {"hrs", 36e9},         {"hour", 36e9},  {"hours", 36e9},
      {"m", 6e8},           {"min", 6e8},          {"minute", 6e8}, {"minutes", 6e8},
      {"s", 1e7},           {"sec", 1e7},          {"second", 1e7}, {"seconds", 1e7},
      {"ms", 1e4},          {"milli", 1e4},        {"millis", 1e4}, {"millisec", 1e4},
      {"millisecond", 1e4}, {"milliseconds", 1e4}, {"micro", 10},   {"micros", 10},
      {"microsecond", 10},  {"microseconds", 10},  {"tick", 1},     {"ticks", 1},
      {"nanosecond", 0.01},
  }};
  for (const auto& [name, ticks] : kUnits) {
    if (name == unit)
      return ticks;
  }
  if (unit == "nano" || unit == "nanos" || unit == "nanoseconds")
    return 0.01;
  return std::nullopt;
}

std::optional<Ticks> ScaleToTicks(double number, double unit) {
  double ticks = number * unit;
  if (!(std::fabs(ticks) < 9.2e18))
    return std::nullopt;
  return static_cast<Ticks>(std::llround(ticks));
}

// [-][d.]hh:mm[:ss[.fffffff]]
std::optional<Ticks> ParseClockTimespan(std::string_view text) {
  Reader reader(text);
  bool negative = reader.Skip('-');
  int days = 0;
  int hours = 0;
  if (!reader.UpTo(8, &hours))
    return std::nullopt;
  if (reader.Skip('.')) {
    days = hours;
    if (!reader.UpTo(2, &hours))
      return std::nullopt;
  }
  int minutes = 0;
  int seconds = 0;
  int fraction = 0;
  if (!reader.Skip(':') || !reader.UpTo(2, &minutes))
    return std::nullopt;
  if (reader.Skip(':')) {
    if (!reader.UpTo(2, &seconds))
      return std::nullopt;
    if (reader.Skip('.') && !reader.Fraction(&fraction))
      return std::nullopt;
  }
  if (!reader.AtEnd() || hours > 23 || minutes > 59 || seconds > 59)
    return std::nullopt;
  // Eight digits of days are more than 64 bits of ticks.
  __int128 ticks = static_cast<__int128>(days) * kTicksPerDay + hours * kTicksPerHour +
                   minutes * kTicksPerMinute + seconds * kTicksPerSecond + fraction;
  if (negative)
    ticks = -ticks;
  if (ticks < std::numeric_limits<Ticks>::min() || ticks > std::numeric_limits<Ticks>::max()) {
    return std::nullopt;
  }
  return static_cast<Ticks>(ticks);
}

}  // namespace

std::optional<Ticks> FromCivil(const CivilTime& civil) {
  if (civil.year < 1 || civil.year > 9999 || civil.month < 1 || civil.month > 12 || civil.day < 1 ||
      civil.day > DaysInMonth(civil.year, civil.month) || civil.hour < 0 || civil.hour > 23 ||
      civil.minute < 0 || civil.minute > 59 || civil.second < 0 || civil.second > 59 ||
      civil.ticks < 0 || civil.ticks >= kTicksPerSecond) {
    return std::nullopt;
  }
  return DaysFromCivil(civil.year, civil.month, civil.day) * kTicksPerDay +
         civil.hour * kTicksPerHour + civil.minute * kTicksPerMinute +
         civil.second * kTicksPerSecond + civil.ticks;
}

CivilTime ToCivil(Ticks datetime) {
  // Days to civil by the era method of Howard Hinnant's "chrono-compatible low-level date
  // algorithms".
  int64_t days = FloorTo(datetime, kTicksPerDay) / kTicksPerDay;
  Ticks rest = datetime - days * kTicksPerDay;
  int64_t z = days + 306;
  int64_t era = z / 146'097;
  int64_t day_of_era = z - era * 146'097;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted = (5 * day_of_year + 2) / 153;
  CivilTime civil;
  civil.day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1);
  civil.month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  civil.year = static_cast<int>(year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0));
  civil.hour = static_cast<int>(rest / kTicksPerHour);
  civil.minute = static_cast<int>(rest / kTicksPerMinute % 60);
  civil.second = static_cast<int>(rest / kTicksPerSecond % 60);
  civil.ticks = static_cast<int>(rest % kTicksPerSecond);
  return civil;
}

std::optional<Ticks> ParseIsoDatetime(std::string_view text) {
  Reader reader(text);
  CivilTime civil;
  if (!reader.Number(4, &civil.year) || !reader.Skip('-') || !reader.Number(2, &civil.month) ||
      !reader.Skip('-') || !reader.Number(2, &civil.day)) {
    return std::nullopt;
  }
  return FinishWithClock(reader, civil);
}

std::optional<Ticks> ParseDatetime(std::string_view text) {
  text = Trim(text);
  if (std::optional<Ticks> iso = ParseIsoDatetime(text))
    return iso;
  if (std::optional<Ticks> us = ParseUsDate(text))
    return us;
  if (std::optional<Ticks> compact = ParseCompactDate(text))
    return compact;
  return ParseNamedMonth(text);
}

std::optional<Ticks> ParseTimespanLiteral(std::string_view text) {
  double number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end == text.data())
    return std::nullopt;
  std::optional<double> unit =
      TicksPerUnit(Trim(text.substr(static_cast<size_t>(end - text.data()))));
  if (!unit)
    return std::nullopt;
  return ScaleToTicks(number, *unit);
}

std::optional<Ticks> ParseTimespan(std::string_view text) {
  text = Trim(text);
  if (std::optional<Ticks> clock = ParseClockTimespan(text))
    return clock;
  if (std::optional<Ticks> literal = ParseTimespanLiteral(text))
    return literal;
  double days = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return ScaleToTicks(days, static_cast<double>(kTicksPerDay));
}

std::string FormatDatetime(Ticks datetime) {
  CivilTime c = ToCivil(datetime);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z",
                     c.year,
                     c.month,
                     c.day,
                     c.hour,
                     c.minute,
                     c.second,
                     c.ticks);
}

std::string FormatDatetimeShort(Ticks datetime) {
  std::string text = FormatDatetime(datetime);
  text.pop_back();
  while (text.back() == '0')
    text.pop_back();
  if (text.back() == '.')
    text.pop_back();
  return text + 'Z';
}

std::string FormatTimespan(Ticks timespan) {
  // The magnitude as unsigned, because the smallest int64 has no positive twin.
  uint64_t ticks =
      timespan < 0 ? 0 - static_cast<uint64_t>(timespan) : static_cast<uint64_t>(timespan);
  uint64_t days = ticks / static_cast<uint64_t>(kTicksPerDay);
  std::string text = timespan < 0 ? "-" : "";
  if (days > 0)
    text += fmt::format("{}.", days);
  text += fmt::format("{:02}:{:02}:{:02}",
                      ticks / static_cast<uint64_t>(kTicksPerHour) % 24,
                      ticks / static_cast<uint64_t>(kTicksPerMinute) % 60,
                      ticks / static_cast<uint64_t>(kTicksPerSecond) % 60);
  uint64_t fraction = ticks % static_cast<uint64_t>(kTicksPerSecond);
  if (fraction > 0)
    text += fmt::format(".{:07}", fraction);
  return text;
}

Ticks WallNow() {
  auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return kUnixEpoch +
         std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count() / 100;
}

}  // namespace keywatch::record
