// Who keywatch is to Entra ID, and what proves it.
#pragma once

#include <string>

#include "engine/base/secret.h"

namespace keywatch::azure {

enum class CredentialKind {
  kClientSecret,       // an application with a password
  kClientCertificate,  // an application with a certificate
  kManagedIdentity,    // of the machine, app or Arc server that keywatch runs on
  kWorkloadIdentity,   // a federated token, as Kubernetes gives a pod one
};

struct Credential {
  CredentialKind kind = CredentialKind::kManagedIdentity;
  std::string tenant_id;  // all but managed identity
  std::string client_id;  // managed identity: of a user-assigned one, "" for the system-assigned
  Secret client_secret;
  Secret certificate;      // kClientCertificate: PEM, key and certificate; read anew each time
  Secret federated_token;  // kWorkloadIdentity: read anew each time
  // Where tokens are given: https://login.microsoftonline.com, or that of a national cloud.
  std::string authority = "https://login.microsoftonline.com";
  // kManagedIdentity: where IDENTITY_ENDPOINT and IDENTITY_HEADER are set (App Service, Container
  // Apps), or IDENTITY_ENDPOINT alone (Arc); "" elsewhere: the instance metadata service.
  std::string identity_endpoint;
  Secret identity_header;
  // Arc proves that we are on its machine by a file that only its users may read, in this folder.
  std::string arc_key_folder = "/var/opt/azcmagent/tokens";

  bool operator==(const Credential&) const = default;
};

}  // namespace keywatch::azure
