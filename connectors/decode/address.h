// One spelling for one network address, so that a caller cannot look new by writing his in another.
#pragma once

#include <string>
#include <string_view>

namespace keywatch::decode {

// IPv4 as it is; `::ffff:a.b.c.d` (in any spelling) as IPv4; IPv6 in the form of RFC 5952; the port
// of `v4:port` and `[v6]:port` is dropped, and so are blanks around it and a zone (`%eth0`). What
// is no address comes back unchanged.
std::string CanonicalAddress(std::string_view text);

}  // namespace keywatch::decode
