// Trying the way to a server without asking it for anything.
#pragma once

#include <string>

#include "connectors/http/client.h"
#include "engine/base/status.h"

namespace keywatch::http {

struct Reached {
  TransportError error = TransportError::kNone;
  std::string detail;  // why not
};

// Connects as a Client with these options would, TLS and a proxy included, sends no request, and
// lets go. May take options.connect_timeout.
Reached Reach(const std::string& url, const ClientOptions& options);

// OK when a listener could have this address and port. Listens to nothing: no client notices.
Status CanBind(const std::string& address, int port);

}  // namespace keywatch::http
