// PagerDuty Events API v2: a raised alert triggers, its end resolves; dedup_key is the alert's id.
//
// Limits: summary 1,024 characters, the whole 512,000 bytes: beyond, the evidence stays away.
#pragma once

#include <string_view>

#include "connectors/format/message.h"

namespace keywatch::format {

Result<Message> ToPagerDuty(std::string_view canonical_json, std::string_view routing_key);

}  // namespace keywatch::format
