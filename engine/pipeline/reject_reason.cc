#include "engine/pipeline/reject_reason.h"

#include <array>

namespace keywatch::pipeline {

std::string_view ReasonName(RejectReason reason) {
  constexpr std::array<std::string_view, kRejectReasons> kNames = {"not_json",
                                                                   "truncated",
                                                                   "invalid_utf8",
                                                                   "too_deep",
                                                                   "too_long",
                                                                   "not_an_object",
                                                                   "missing_time",
                                                                   "bad_time"};
  return kNames[static_cast<size_t>(reason)];
}

}  // namespace keywatch::pipeline
