#include "connectors/blob/hour_path.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace keywatch::blob {
namespace {

// Takes "/key=digits" with so many digits off the end of `text`.
std::optional<int> TakeNumber(std::string_view* text, std::string_view key, size_t digits) {
  size_t length = 1 + key.size() + digits;
  if (text->size() < length)
    return std::nullopt;
  std::string_view part = text->substr(text->size() - length);
  if (part[0] != '/' || part.substr(1, key.size()) != key)
    return std::nullopt;
  int value = 0;
  for (char c : part.substr(1 + key.size())) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0)
      return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text->remove_suffix(length);
  return value;
}

}  // namespace

std::optional<HourPath> ParseHourPath(std::string_view name) {
  constexpr std::string_view kFile = "/PT1H.json";
  if (!name.ends_with(kFile))
    return std::nullopt;
  std::string_view rest = name.substr(0, name.size() - kFile.size());
  std::optional<int> minute = TakeNumber(&rest, "m=", 2);
  std::optional<int> hour = minute ? TakeNumber(&rest, "h=", 2) : std::nullopt;
  std::optional<int> day = hour ? TakeNumber(&rest, "d=", 2) : std::nullopt;
  std::optional<int> month = day ? TakeNumber(&rest, "m=", 2) : std::nullopt;
  std::optional<int> year = month ? TakeNumber(&rest, "y=", 4) : std::nullopt;
  if (!year || rest.empty())
    return std::nullopt;
  record::CivilTime civil;
  civil.year = *year;
  civil.month = *month;
  civil.day = *day;
  civil.hour = *hour;
  std::optional<Ticks> time = record::FromCivil(civil);
  if (!time)
    return std::nullopt;
  return HourPath{name.substr(0, rest.size() + 1), *time};
}

std::optional<int> YearOfFolder(std::string_view folder) {
  if (!folder.ends_with('/'))
    return std::nullopt;
  folder.remove_suffix(1);
  return TakeNumber(&folder, "y=", 4);
}

std::vector<std::string> FoldersOf(Ticks from, Ticks to) {
  std::vector<std::string> folders;
  while (from < to) {
    Ticks next = std::min(to, record::FloorTo(from, kDay) + kDay);
    record::CivilTime civil = record::ToCivil(from);
    std::string folder =
        fmt::format("y={:04}/m={:02}/d={:02}/", civil.year, civil.month, civil.day);
    if (next - from == kHour)
      folder += fmt::format("h={:02}/", civil.hour);
    folders.push_back(std::move(folder));
    from = next;
  }
  return folders;
}

}  // namespace keywatch::blob
