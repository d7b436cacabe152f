// What a format makes of an alert: the bytes of one message and what goes beside them. All formats
// are pure functions of the alert's canonical JSON (docs/formats/alert.md).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"

namespace keywatch::format {

struct Message {
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};  // beside content-type
};

// What messages say about the program that sends them.
struct Sender {
  std::string version;                              // of keywatch
  std::string host = "-";                           // of this machine
  std::string cloudevents_source = "urn:keywatch";  // a URI; with the id it is unique
};

// Identifies a message about an alert; a retry repeats it. Receivers drop repeats by it.
inline std::string MessageId(std::string_view alert_id, bool ended) {
  return std::string(alert_id) + (ended ? "-ended" : "");
}

}  // namespace keywatch::format
