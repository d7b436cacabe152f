// What this keywatch says about itself in messages to others.
#pragma once

#include <string>

#include "app/connectors/fields.h"
#include "connectors/format/formats.h"

namespace keywatch::app {

inline constexpr char kCloudEventsSource[] = "urn:keywatch";

format::Sender MakeSender(const std::string& cloudevents_source = kCloudEventsSource);

// `format`: one of the formats that `formats` allows; the first of all if it is not given.
format::Format ReadFormat(ConnectorFields* fields, const std::vector<format::Format>& allowed);

}  // namespace keywatch::app
