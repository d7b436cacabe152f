// CloudEvents 1.0, JSON: structured (attributes and data in one object) and binary mode (data is
// the body, attributes are headers: ce- and percent-encoded over HTTP, ce_ and plain UTF-8 over
// Kafka).
//
//   id       the message's, see MessageId; source + id are unique, a retry repeats them
//   type     io.keywatch.alert.raised, io.keywatch.alert.ended
//   subject  id of the vault or HSM, if known
//   time     event time of the decisive record; of an end: the end
//   data     the alert (docs/formats/alert.md)
//   severitytext, severitynumber (extensions)
#pragma once

#include <string_view>

#include "connectors/format/message.h"

namespace keywatch::format {

Result<Message> ToCloudEvent(std::string_view canonical_json, const Sender& sender);
// Which protocol binding the headers of binary mode follow.
enum class Binding { kHttp, kKafka };
Result<Message> ToBinaryCloudEvent(std::string_view canonical_json,
                                   const Sender& sender,
                                   Binding binding = Binding::kHttp);

}  // namespace keywatch::format
