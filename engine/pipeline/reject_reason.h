// The fixed few reasons why a record is set aside: what decoders give, metrics count, and the
// dead-letter file says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keywatch::pipeline {

// Why a record, or a whole message, was set aside. docs/formats/records.md says when each is used.
enum class RejectReason : uint8_t {
  kNotJson,
  kTruncated,
  kInvalidUtf8,
  kTooDeep,
  kTooLong,
  kNotAnObject,
  kMissingTime,
  kBadTime,
};
inline constexpr size_t kRejectReasons = 8;

// "not_json", "truncated", "invalid_utf8", "too_deep", "too_long", "not_an_object", "missing_time",
// "bad_time": the metric label and the reason in the dead-letter file.
std::string_view ReasonName(RejectReason reason);

}  // namespace keywatch::pipeline
