#include "connectors/decode/time_reader.h"

#include <cstring>

namespace keywatch::decode {
namespace {

constexpr size_t kSeconds = 17;  // where they stand
constexpr std::array<record::Ticks, 8> kTicksPerDigit = {
    10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};

}  // namespace

std::optional<record::Ticks> TimeReader::Read(std::string_view text) {
  // "2026-11-24T10:00:00.1234567Z" with one to seven digits.
  constexpr size_t kFraction = kSeconds + 3;
  bool usual = text.size() > kFraction + 1 && text.size() <= kFraction + 8 && text.back() == 'Z' &&
               text[kFraction - 1] == '.';
  if (!usual)
    return record::ParseIsoDatetime(text);
  if (std::memcmp(text.data(), minute_.data(), kSeconds) != 0) {
    std::optional<record::Ticks> ticks = record::ParseIsoDatetime(text);
    if (ticks && text[10] == 'T' && text[kSeconds - 1] == ':') {
      std::memcpy(minute_.data(), text.data(), kSeconds);
      base_ = record::FloorTo(*ticks, record::kTicksPerMinute);
    }
    return ticks;
  }
  unsigned tens = static_cast<unsigned char>(text[kSeconds]) - '0';
  unsigned ones = static_cast<unsigned char>(text[kSeconds + 1]) - '0';
  if (tens > 5 || ones > 9)
    return record::ParseIsoDatetime(text);
  record::Ticks fraction = 0;
  size_t digits = text.size() - 1 - kFraction;
  for (size_t i = 0; i < digits; ++i) {
    unsigned digit = static_cast<unsigned char>(text[kFraction + i]) - '0';
    if (digit > 9)
      return record::ParseIsoDatetime(text);
    fraction = fraction * 10 + static_cast<record::Ticks>(digit);
  }
  return base_ + static_cast<record::Ticks>(tens * 10 + ones) * record::kTicksPerSecond +
         fraction * kTicksPerDigit[digits];
}

}  // namespace keywatch::decode
