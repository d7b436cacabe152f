// What the decoder saw, in plain counters: read between batches by the thread that decodes.
#pragma once

#include <array>
#include <cstdint>

#include "engine/pipeline/reject_reason.h"

namespace keywatch::decode {

using pipeline::kRejectReasons;
using pipeline::ReasonName;
using pipeline::RejectReason;

struct DecodeStats {
  uint64_t messages = 0;
  uint64_t rows = 0;
  std::array<uint64_t, kRejectReasons> rejected{};  // by RejectReason
  uint64_t other_category = 0;   // records that are no AuditEvent: skipped, not rejected
  uint64_t duplicate_names = 0;  // records that name a used member twice (the last one counts)
  uint64_t type_mismatches = 0;  // values that their column cannot hold: null
  uint64_t future_times = 0;     // more than a day ahead: the time of receipt was taken
  uint64_t out_of_range = 0;     // numbers that their column cannot hold: null
  uint64_t unreadable_identities = 0;  // `identity` is text, but not a JSON object: no claims
  uint64_t dictionary_resets = 0;      // a bound was reached and every dictionary was emptied
  uint64_t salvaged_messages = 0;      // read piece by piece, because the whole was not valid JSON
};

}  // namespace keywatch::decode
