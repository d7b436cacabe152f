// What makes a record the same record: exports deliver at least once and carry no event id, so
// resource, time, correlation id, operation and request URI together stand for one.
//
// The hash enters state on disk and alert ids: it does not depend on the process or the machine,
// and a test holds it to known values.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/record/time.h"

namespace keywatch::record {

struct RecordIdentity {
  uint64_t resource = 0;  // HashBytes(resource id in upper case, 0)
  Ticks time = 0;
  std::string_view correlation_id;
  std::string_view operation;
  std::string_view request_uri;
};

uint64_t HashRecordIdentity(const RecordIdentity& identity);

}  // namespace keywatch::record
