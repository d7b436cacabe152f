#include "app/connectors/azure_credential.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace keywatch::app {
namespace {

using azure::Credential;
using azure::CredentialKind;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The text under `key`, else in the environment; one of them is needed.
void RequireId(
    Fields* fields, std::string_view key, const char* what, const char* variable, std::string* id) {
  fields->Text(key, fmt::format("{} Default: environment variable {}.", what, variable), id);
  if (id->empty())
    *id = Environment(variable);
  if (id->empty()) {
    fields->diagnostics()->Error(
        fields->span(),
        fmt::format("auth: expected {}, or environment variable {}", key, variable));
  }
}

void ReadFederatedToken(Fields* fields, Secret* token) {
  const rule::YamlNode* given = fields->FileSecret(
      "token_file",
      "File of the federated token. Default: environment variable AZURE_FEDERATED_TOKEN_FILE.",
      token);
  if (given != nullptr)
    return;
  const std::string path = Environment("AZURE_FEDERATED_TOKEN_FILE");
  if (path.empty()) {
    fields->diagnostics()->Error(
        fields->span(),
        "auth: expected token_file, or environment variable AZURE_FEDERATED_TOKEN_FILE",
        "on Kubernetes, label the pod azure.workload.identity/use: \"true\"");
    return;
  }
  Result<Secret> read = Secret::FromFile(path);
  if (read) {
    *token = *read;
    return;
  }
  fields->diagnostics()->Error(fields->span(),
                               "AZURE_FEDERATED_TOKEN_FILE: " + read.error().message());
}

void ReadManagedIdentity(Fields* fields, Credential* credential) {
  fields->Text("client_id",
               "Of a user-assigned identity; without it the system-assigned one.",
               &credential->client_id);
  credential->identity_endpoint = Environment("IDENTITY_ENDPOINT");
  credential->identity_header = Secret(Environment("IDENTITY_HEADER"));
}

void ReadApplication(Fields* fields, Credential* credential) {
  RequireId(fields,
            "tenant_id",
            "Directory (tenant) of the application.",
            "AZURE_TENANT_ID",
            &credential->tenant_id);
  RequireId(
      fields, "client_id", "Application (client) id.", "AZURE_CLIENT_ID", &credential->client_id);
  const bool is_given =
      fields->Text("authority",
                   "Of Entra ID; another one in another cloud. Before the default comes "
                   "environment variable AZURE_AUTHORITY_HOST.",
                   &credential->authority) != nullptr;
  const std::string host = Environment("AZURE_AUTHORITY_HOST");
  if (!is_given && !host.empty())
    credential->authority = host;
}

struct Kind {
  TypeName type;
  CredentialKind kind;
};

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kinds = {
      {{"client_secret", "An application with a client secret."}, CredentialKind::kClientSecret},
      {{"client_certificate", "An application with a certificate."},
       CredentialKind::kClientCertificate},
      {{"managed_identity",
        "The identity that Azure gave the machine, the container or the Arc server."},
       CredentialKind::kManagedIdentity},
      {{"workload_identity", "A service account of Kubernetes that the application trusts."},
       CredentialKind::kWorkloadIdentity}};
  return kinds;
}

AzureAuth ReadKind(CredentialKind kind, Fields* fields) {
  AzureAuth out;
  Credential& credential = out.credential;
  credential.kind = kind;
  if (kind == CredentialKind::kManagedIdentity) {
    ReadManagedIdentity(fields, &credential);
  } else {
    ReadApplication(fields, &credential);
  }
  if (kind == CredentialKind::kClientSecret) {
    fields->OneSecret(
        "client_secret", "Of the application.", &credential.client_secret, Need::kRequired);
  } else if (kind == CredentialKind::kClientCertificate) {
    fields->FileSecret("certificate_file",
                       "PEM: the RSA key, without a password, and the certificate; read again when "
                       "it changes.",
                       &credential.certificate,
                       Need::kRequired);
  } else if (kind == CredentialKind::kWorkloadIdentity) {
    ReadFederatedToken(fields, &credential.federated_token);
  }
  ReadHttpEgress(fields, &out.egress);
  fields->Finish();
  return out;
}

}  // namespace

bool ReadAzureAuth(Fields* fields, Need need, AzureAuth* out) {
  std::vector<TypeName> types;
  for (const Kind& kind : Kinds())
    types.push_back(kind.type);
  const rule::YamlNode* auth =
      fields->Map("auth", "Who keywatch is to Entra ID.", need, [&](Fields* inner) {
        inner->ByType(
            types, [out](size_t which, Fields* one) { *out = ReadKind(Kinds()[which].kind, one); });
      });
  return auth != nullptr;
}

Result<std::unique_ptr<azure::TokenProvider>> MakeTokenProvider(const AzureAuth& auth,
                                                                const std::string& scope,
                                                                int attempts) {
  azure::TokenProviderOptions options;
  options.credential = auth.credential;
  options.scope = scope;
  options.client = ToClientOptions(auth.egress);
  options.attempts = attempts;
  return azure::MakeTokenProvider(std::move(options));
}

AzureAuth InHaste(AzureAuth auth, std::chrono::milliseconds limit) {
  auth.egress = InHaste(std::move(auth.egress), limit);
  return auth;
}

}  // namespace keywatch::app
