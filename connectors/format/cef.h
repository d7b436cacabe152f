// ArcSight's Common Event Format, as Sentinel's CommonSecurityLog reads it; and the syslog message
// around it.
//
//   CEF:0|keywatch|keywatch|<version>|<rule id>|<rule name>|<0 to 10>|<key=value ..>
//
// `\` and `|` are escaped in the header, `\` and `=` in values, line ends everywhere: one line.
// Values are cut at the lengths of the ArcSight dictionary, so that the whole stays below 8 KiB,
// which every syslog receiver takes (RFC 5425 4.3.1).
#pragma once

#include <string_view>

#include "connectors/format/message.h"

namespace keywatch::format {

Result<Message> ToCef(std::string_view canonical_json, const Sender& sender);

// CEF in RFC 5424: "<PRI>1 TIME HOST keywatch - alert.raised - CEF:0|..", without framing.
// `facility` 0 to 23.
Result<Message> ToSyslog(std::string_view canonical_json, const Sender& sender, int facility);

}  // namespace keywatch::format
