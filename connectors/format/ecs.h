// Elastic Common Schema 9.4.0: an alert as one document, event.kind `alert`.
//
// The whole alert stands as text in event.original, which is not indexed: evidence and result row
// as fields would meet the mapping of some other alert, and the document would be refused. Fields
// that Elasticsearch parses (addresses) are left out when they would not parse.
#pragma once

#include <string_view>

#include "connectors/format/message.h"

namespace keywatch::format {

Result<Message> ToEcs(std::string_view canonical_json, const Sender& sender);

}  // namespace keywatch::format
