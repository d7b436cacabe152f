#include "engine/rule/duration.h"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace keywatch::rule {
namespace {

using record::Ticks;

struct Unit {
  std::string_view name;
  Ticks ticks;
};

// Longest first, so that FormatDuration finds the largest that divides.
constexpr std::array<Unit, 5> kUnits = {{{"d", record::kTicksPerDay},
                                         {"h", record::kTicksPerHour},
                                         {"m", record::kTicksPerMinute},
                                         {"s", record::kTicksPerSecond},
                                         {"ms", record::kTicksPerMillisecond}}};
constexpr std::array<std::pair<std::string_view, int64_t>, 4> kSizes = {
    {{"GiB", int64_t{1} << 30}, {"MiB", int64_t{1} << 20}, {"KiB", int64_t{1} << 10}, {"B", 1}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes a whole number of at most 9 digits off the front.
std::optional<int64_t> TakeNumber(std::string_view* text) {
  size_t digits = 0;
  while (digits < text->size() && IsDigit((*text)[digits]))
    ++digits;
  if (digits == 0 || digits > 9)
    return std::nullopt;
  int64_t number = 0;
  std::from_chars(text->data(), text->data() + digits, number);
  text->remove_prefix(digits);
  return number;
}

// number, designator, .. : each designator once and in the order of `designators`.
std::optional<Ticks> TakeIsoParts(std::string_view* text,
                                  std::string_view designators,
                                  const Ticks* sizes) {
  Ticks sum = 0;
  size_t next = 0;
  while (!text->empty() && IsDigit(text->front())) {
    std::optional<int64_t> number = TakeNumber(text);
    if (!number || text->empty())
      return std::nullopt;
    size_t which = designators.find(text->front(), next);
    if (which == std::string_view::npos)
      return std::nullopt;
    if (*number > std::numeric_limits<int32_t>::max() / 7 / 24 / 3600)
      return std::nullopt;
    sum += *number * sizes[which];
    next = which + 1;
    text->remove_prefix(1);
  }
  return sum;
}

std::optional<Ticks> ParseIso(std::string_view text) {
  constexpr Ticks kDateSizes[] = {7 * record::kTicksPerDay, record::kTicksPerDay};
  constexpr Ticks kTimeSizes[] = {
      record::kTicksPerHour, record::kTicksPerMinute, record::kTicksPerSecond};
  text.remove_prefix(1);
  if (text.empty())
    return std::nullopt;
  std::optional<Ticks> date = TakeIsoParts(&text, "WD", kDateSizes);
  if (!date)
    return std::nullopt;
  if (text.empty())
    return date;
  if (text.front() != 'T' || text.size() == 1)
    return std::nullopt;
  text.remove_prefix(1);
  std::optional<Ticks> time = TakeIsoParts(&text, "HMS", kTimeSizes);
  if (!time || !text.empty())
    return std::nullopt;
  return *date + *time;
}

}  // namespace

std::optional<Ticks> ParseDuration(std::string_view text) {
  if (text.empty() || text.size() > 40)
    return std::nullopt;
  if (text.front() == 'P')
    return ParseIso(text);
  if (!IsDigit(text.front()))
    return std::nullopt;
  if (text.find(':') != std::string_view::npos)
    return record::ParseTimespan(text);
  if (text.find_first_not_of("0123456789.") == std::string_view::npos)
    return std::nullopt;
  return record::ParseTimespanLiteral(text);
}

std::string FormatDuration(Ticks duration) {
  if (duration == 0)
    return "0s";
  for (const Unit& unit : kUnits) {
    if (duration % unit.ticks == 0)
      return fmt::format("{}{}", duration / unit.ticks, unit.name);
  }
  return record::FormatTimespan(duration);
}

std::optional<int64_t> ParseSize(std::string_view text) {
  std::optional<int64_t> number = TakeNumber(&text);
  if (!number)
    return std::nullopt;
  for (const auto& [name, bytes] : kSizes) {
    if (text == name)
      return *number * bytes;
  }
  return std::nullopt;
}

std::string FormatSize(int64_t bytes) {
  for (const auto& [name, size] : kSizes) {
    if (bytes != 0 && bytes % size == 0)
      return fmt::format("{}{}", bytes / size, name);
  }
  return fmt::format("{}B", bytes);
}

}  // namespace keywatch::rule
