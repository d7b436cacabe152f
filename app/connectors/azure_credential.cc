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
std::string RequireId(ConnectorFields* fields, std::string_view key, const char* variable) {
  std::string text = fields->reader().Text(key).value_or(Environment(variable));
  if (text.empty()) {
    fields->diagnostics()->Error(
        fields->item().span,
        fmt::format("auth: expected {}, or environment variable {}", key, variable));
  }
  return text;
}

Secret FederatedToken(ConnectorFields* fields) {
  if (fields->reader().Find("token_file") != nullptr)
    return fields->FileSecret("token_file");
  const std::string path = Environment("AZURE_FEDERATED_TOKEN_FILE");
  if (path.empty()) {
    fields->diagnostics()->Error(
        fields->item().span,
        "auth: expected token_file, or environment variable AZURE_FEDERATED_TOKEN_FILE",
        "on Kubernetes, label the pod azure.workload.identity/use: \"true\"");
    return {};
  }
  Result<Secret> token = Secret::FromFile(path);
  if (token)
    return *token;
  fields->diagnostics()->Error(fields->item().span,
                               "AZURE_FEDERATED_TOKEN_FILE: " + token.error().message());
  return {};
}

void ReadManagedIdentity(ConnectorFields* fields, Credential* credential) {
  SetField(fields->reader().Text("client_id"), &credential->client_id);
  credential->identity_endpoint = Environment("IDENTITY_ENDPOINT");
  credential->identity_header = Secret(Environment("IDENTITY_HEADER"));
}

void ReadApplication(ConnectorFields* fields, Credential* credential) {
  credential->tenant_id = RequireId(fields, "tenant_id", "AZURE_TENANT_ID");
  credential->client_id = RequireId(fields, "client_id", "AZURE_CLIENT_ID");
  const std::string host = Environment("AZURE_AUTHORITY_HOST");
  if (!host.empty())
    credential->authority = host;
  SetField(fields->reader().Text("authority"), &credential->authority);
}

}  // namespace

AzureAuth ReadAzureAuth(ConnectorFields* fields, const rule::YamlNode& auth) {
  AzureAuth out;
  ConnectorFields inner(auth, "auth", fields->folder(), fields->diagnostics());
  const rule::YamlNode* type = inner.reader().Require("type");
  if (type == nullptr)
    return out;
  const std::vector<std::string> types = {
      "client_secret", "client_certificate", "managed_identity", "workload_identity"};
  std::optional<size_t> which = rule::ReadName(*type, "type", types, fields->diagnostics());
  if (!which)
    return out;
  constexpr CredentialKind kKinds[] = {CredentialKind::kClientSecret,
                                       CredentialKind::kClientCertificate,
                                       CredentialKind::kManagedIdentity,
                                       CredentialKind::kWorkloadIdentity};
  Credential& credential = out.credential;
  credential.kind = kKinds[*which];
  if (credential.kind == CredentialKind::kManagedIdentity) {
    ReadManagedIdentity(&inner, &credential);
  } else {
    ReadApplication(&inner, &credential);
  }
  if (credential.kind == CredentialKind::kClientSecret) {
    credential.client_secret = inner.RequireSecret("client_secret");
  } else if (credential.kind == CredentialKind::kClientCertificate) {
    inner.reader().Require("certificate_file");
    credential.certificate = inner.FileSecret("certificate_file");
  } else if (credential.kind == CredentialKind::kWorkloadIdentity) {
    credential.federated_token = FederatedToken(&inner);
  }
  out.egress = ReadHttpEgress(&inner);
  inner.reader().Finish(Severity::kError);
  return out;
}

Result<std::unique_ptr<azure::TokenProvider>> MakeTokenProvider(const AzureAuth& auth,
                                                                const std::string& scope) {
  azure::TokenProviderOptions options;
  options.credential = auth.credential;
  options.scope = scope;
  options.client = ToClientOptions(auth.egress);
  return azure::MakeTokenProvider(std::move(options));
}

}  // namespace keywatch::app
