// Files that librdkafka reads when a client is made, and never again: certificates, keys, and
// secrets for which it has no other way. When one of them has changed, a client that is refused
// may be made anew.
#pragma once

#include <string>

#include "connectors/kafka/client_settings.h"

namespace keywatch::kafka {

// A text that differs when one of the files was written or replaced since. User name and password
// are not among them: CredentialFeed brings those to a running client.
std::string FileVersions(const ClientSettings& settings);

}  // namespace keywatch::kafka
