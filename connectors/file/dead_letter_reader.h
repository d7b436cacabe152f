// Reads a dead-letter file back (docs/formats/dead_letter.md), the rotated part first: for people
// who look at it, and for sending alerts again.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/pipeline/io.h"

namespace keywatch::file {

struct DeadLetter {
  bool is_alert = false;  // else a record
  std::string time;       // when it was set aside
  std::string sink;       // of an alert
  std::string reason;
  std::string detail;
  std::string origin;  // of a record
  int64_t offset = 0;
  std::string title;              // of an alert
  pipeline::OutgoingAlert alert;  // as it was to be delivered, byte for byte
};

// False for a line that is none.
bool ParseDeadLetter(std::string_view line, DeadLetter* out);

// Calls `each` for every letter, oldest first. Lines that are none (the last one may be being
// written) are counted in `unreadable`. A file that does not exist has no letters.
Status ReadDeadLetters(const std::string& path,
                       const std::function<void(const DeadLetter&)>& each,
                       uint64_t* unreadable);

}  // namespace keywatch::file
