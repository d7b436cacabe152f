// OCSF 1.8.0, Detection Finding (class 2004): a raised alert is Create, its end is Close.
//
// What the class has no place for (result row, custom details, entities, latency passport) stands
// in `unmapped`, so that nothing is lost.
#pragma once

#include <string_view>

#include "connectors/format/message.h"

namespace keywatch::format {

Result<Message> ToOcsf(std::string_view canonical_json, const Sender& sender);

}  // namespace keywatch::format
