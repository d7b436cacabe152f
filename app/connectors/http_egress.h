// How a source or sink reaches a server over HTTP: keys that all of them share.
//
//   timeout, allow_insecure_http, allow_addresses, ca_file, client_cert_file, client_key_file,
//   proxy
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "app/connectors/attempt.h"
#include "app/connectors/fields.h"
#include "connectors/http/client.h"

namespace keywatch::app {

struct HttpEgress {
  Ticks timeout = 15 * record::kTicksPerSecond;
  bool allow_insecure_http = false;  // http:// beyond this machine
  // Which addresses beside public ones may be connected to: allow_addresses.
  bool allow_loopback = true;
  bool allow_private = true;
  bool allow_link_local = false;
  std::string ca_file;  // PEM; "": the system's
  std::string client_cert_file;
  std::string client_key_file;
  std::string proxy;  // "": none

  bool operator==(const HttpEgress&) const = default;
};

// What `egress` holds is the default.
void ReadHttpEgress(Fields* fields, HttpEgress* egress);
http::ClientOptions ToClientOptions(const HttpEgress& egress);
// With requests that take no longer than `limit`.
HttpEgress InHaste(HttpEgress egress, std::chrono::milliseconds limit);

// For receivers whose protocol has no harmless request: connects to the URL's server, and sends
// nothing. `name` is the sink's.
Attempt TryReceiver(const std::string& name,
                    const std::string& url,
                    const HttpEgress& egress,
                    std::chrono::milliseconds limit);
// What keeps a connection from being made, and what to do.
Attempt Unreachable(http::TransportError error, const std::string& detail);

// The URL under `key`, or in the file under `key`_file; one of them is needed where `url` holds no
// default. It is not repeated in messages: those of chat services are secrets themselves. http://
// needs this machine, or allow_insecure_http. `file` becomes that file, whose text may change.
// Returns the node that was read, or null.
const rule::YamlNode* ReadUrl(Fields* fields,
                              std::string_view key,
                              std::string meaning,
                              const HttpEgress& egress,
                              std::string* url,
                              Secret* file);

}  // namespace keywatch::app
