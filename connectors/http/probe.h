// One GET to an address of this machine, for the container's health check.
#pragma once

#include <string>

namespace keywatch::http {

// The HTTP status, or 0 when nothing answered within two seconds.
int ProbeUrl(const std::string& url);

}  // namespace keywatch::http
