// CloudEvents 1.0, JSON: structured (attributes and data in one object) and HTTP's binary mode
// (data is the body, attributes are ce- headers).
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
Result<Message> ToBinaryCloudEvent(std::string_view canonical_json, const Sender& sender);

}  // namespace keywatch::format
