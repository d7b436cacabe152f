// How each kind of credential asks for a token: the HTTP request, pure.
//
//   secret, certificate, workload identity
//     POST {authority}/{tenant}/oauth2/v2.0/token, a form with scope and proof
//     learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
//   managed identity, on a virtual machine
//     GET http://169.254.169.254/metadata/identity/oauth2/token, Metadata: true
//   managed identity, App Service and Container Apps
//     GET {IDENTITY_ENDPOINT}, X-IDENTITY-HEADER: {IDENTITY_HEADER}
//   managed identity, Arc
//     GET {IDENTITY_ENDPOINT}, Metadata: true; answered 401 with the path of a key file, whose text
//     the second request carries
#pragma once

#include <string>
#include <string_view>

#include "connectors/azure/credential.h"
#include "connectors/http/client.h"
#include "engine/base/status.h"
#include "engine/record/time.h"

namespace keywatch::azure {

// The URL that the client is made for.
std::string TokenUrl(const Credential& credential, std::string_view scope);

// What a client must be allowed to do beside `options`: the metadata service is plain http at a
// link-local address.
http::ClientOptions TokenClientOptions(const Credential& credential, http::ClientOptions options);

struct TokenRequest {
  std::string method;
  http::Headers headers;
  std::string body;
};

// Reveals the secrets as they are now. `id` makes a client assertion unique.
Result<TokenRequest> MakeTokenRequest(const Credential& credential,
                                      std::string_view scope,
                                      std::string_view id,
                                      record::Ticks now);

bool IsArc(const Credential& credential);

// The header of the second request to Arc, from the `www-authenticate` header of the first answer.
// Refuses a file that Arc would not name: it could be made to give any file away.
Result<std::string> ArcAuthorization(const Credential& credential, std::string_view challenge);

}  // namespace keywatch::azure
