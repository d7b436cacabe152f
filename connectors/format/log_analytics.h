// A row of a Log Analytics table, as the Logs Ingestion API takes it: an array of one flat object
// whose members are columns (docs/sinks/logs-ingestion.md has the table and the stream for it).
//
// A value has at most 64 KB there: dynamic columns that would be longer are left null, and named in
// Truncated.
#pragma once

#include <string_view>

#include "connectors/format/message.h"

namespace keywatch::format {

Result<Message> ToLogAnalytics(std::string_view canonical_json);

}  // namespace keywatch::format
