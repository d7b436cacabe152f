// A record kept verbatim beside what was concluded from it, with where and when it came in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/record/time.h"

namespace keywatch::record {

struct Evidence {
  std::string record;  // the record's JSON text, verbatim
  std::string origin;  // "topic/3", a file name
  int64_t offset = 0;
  uint32_t index = 0;  // of the record within the message
  Ticks broker_time = 0;
  Ticks read_time = 0;
};
using EvidencePtr = std::shared_ptr<const Evidence>;

}  // namespace keywatch::record
