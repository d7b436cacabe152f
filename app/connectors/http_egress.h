// How a source or sink reaches a server over HTTP: keys that all of them share.
//
//   timeout, allow_insecure_http, allow_addresses, ca_file, client_cert_file, client_key_file,
//   proxy
#pragma once

#include <string>
#include <string_view>

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

HttpEgress ReadHttpEgress(ConnectorFields* fields);
http::ClientOptions ToClientOptions(const HttpEgress& egress);

// The URL under `key`, or in the file under `key`_file. It is not repeated in messages: those of
// chat services are secrets themselves. http:// needs this machine, or allow_insecure_http.
std::string RequireUrl(ConnectorFields* fields, std::string_view key, const HttpEgress& egress);

}  // namespace keywatch::app
