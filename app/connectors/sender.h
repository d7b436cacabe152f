// What this keywatch says about itself in messages to others.
#pragma once

#include <string>

#include "app/connectors/fields.h"
#include "connectors/format/formats.h"

namespace keywatch::app {

inline constexpr char kCloudEventsSource[] = "urn:keywatch";

format::Sender MakeSender(const std::string& cloudevents_source = kCloudEventsSource);

// `send_ended` and `cloudevents_source`, which several sinks have.
void ReadSendEnded(Fields* fields, bool* send_ended);
void ReadCloudEventsSource(Fields* fields, std::string* source);

// `format`: one of the formats that `formats` allows; the first of all if it is not given.
format::Format ReadFormat(Fields* fields, const std::vector<format::Format>& allowed);

}  // namespace keywatch::app
