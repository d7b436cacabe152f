// `auth` of whatever speaks to Azure: who keywatch is to Entra ID. One map for sources and sinks:
//
//   auth:
//     type: managed_identity | workload_identity | client_secret | client_certificate
//     tenant_id, client_id, client_secret (_file), certificate_file, token_file, authority,
//     and the keys of http_egress.h for the way to the authority (ca_file, proxy, timeout ..)
//
// What the platform sets in the environment is the default, as in Microsoft's own libraries:
// AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_AUTHORITY_HOST, AZURE_FEDERATED_TOKEN_FILE;
// IDENTITY_ENDPOINT and IDENTITY_HEADER.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/connectors/fields.h"
#include "app/connectors/http_egress.h"
#include "connectors/azure/credential.h"
#include "connectors/azure/token_provider.h"

namespace keywatch::app {

struct AzureAuth {
  azure::Credential credential;
  HttpEgress egress;

  bool operator==(const AzureAuth&) const = default;
};

// The map under `auth`; true if there is one.
bool ReadAzureAuth(Fields* fields, Need need, AzureAuth* out);
// `attempts` in a round of asking.
Result<std::unique_ptr<azure::TokenProvider>> MakeTokenProvider(const AzureAuth& auth,
                                                                const std::string& scope,
                                                                int attempts = 4);
// With requests that take no longer than `limit`.
AzureAuth InHaste(AzureAuth auth, std::chrono::milliseconds limit);

}  // namespace keywatch::app
