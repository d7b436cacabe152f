// Reads the `time` of records. Most come in one form and within the same minute as the one before,
// so the minute is remembered and only seconds and fraction are computed.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "engine/record/time.h"

namespace keywatch::decode {

class TimeReader {
 public:
  TimeReader() { minute_.fill('\xFF'); }

  // As record::ParseIsoDatetime, always with the same result.
  std::optional<record::Ticks> Read(std::string_view text);

 private:
  std::array<char, 17> minute_{};  // "2026-11-24T10:00:"
  record::Ticks base_ = 0;
};

}  // namespace keywatch::decode
