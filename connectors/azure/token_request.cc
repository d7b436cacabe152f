#include "connectors/azure/token_request.h"

#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "connectors/azure/client_assertion.h"
#include "engine/base/rsa_signer.h"

namespace keywatch::azure {
namespace {

constexpr std::string_view kMetadataService =
    "http://169.254.169.254/metadata/identity/oauth2/token";

// The v1 word for what a scope asks for.
std::string_view ResourceOf(std::string_view scope) {
  constexpr std::string_view kSuffix = "/.default";
  if (scope.ends_with(kSuffix))
    scope.remove_suffix(kSuffix.size());
  return scope;
}

bool IsManaged(const Credential& credential) {
  return credential.kind == CredentialKind::kManagedIdentity;
}

using Fields = std::vector<std::pair<std::string_view, std::string>>;

std::string Form(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, http::PercentEncode(value));
  }
  return out;
}

Status AddProof(const Credential& credential,
                std::string_view scope,
                std::string_view id,
                record::Ticks now,
                Fields* fields) {
  if (credential.kind == CredentialKind::kClientSecret) {
    fields->emplace_back("client_secret", credential.client_secret.Reveal());
    return {};
  }
  std::string assertion;
  if (credential.kind == CredentialKind::kWorkloadIdentity) {
    assertion = credential.federated_token.Reveal();
  } else {
    Result<RsaSigner> signer = RsaSigner::FromPem(credential.certificate.Reveal());
    if (!signer) {
      return InvalidInput(
          fmt::format("{}: {}", credential.certificate.path(), signer.error().message()));
    }
    assertion =
        MakeClientAssertion(*signer, credential.client_id, TokenUrl(credential, scope), id, now);
  }
  fields->emplace_back("client_assertion_type",
                       "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  fields->emplace_back("client_assertion", std::move(assertion));
  return {};
}

}  // namespace

bool IsArc(const Credential& credential) {
  return IsManaged(credential) && !credential.identity_endpoint.empty() &&
         credential.identity_header.empty();
}

std::string TokenUrl(const Credential& credential, std::string_view scope) {
  if (!IsManaged(credential)) {
    std::string_view authority = credential.authority;
    while (authority.ends_with('/'))
      authority.remove_suffix(1);
    return fmt::format(
        "{}/{}/oauth2/v2.0/token", authority, http::PercentEncode(credential.tenant_id));
  }
  const bool is_vm = credential.identity_endpoint.empty();
  const char* version = "2019-08-01";
  if (is_vm) {
    version = "2018-02-01";
  } else if (IsArc(credential)) {
    version = "2020-06-01";
  }
  const std::string_view base = is_vm ? kMetadataService : credential.identity_endpoint;
  std::string url = fmt::format("{}{}api-version={}&resource={}",
                                base,
                                base.find('?') == base.npos ? '?' : '&',
                                version,
                                http::PercentEncode(ResourceOf(scope)));
  if (!credential.client_id.empty())
    url += "&client_id=" + http::PercentEncode(credential.client_id);
  return url;
}

http::ClientOptions TokenClientOptions(const Credential& credential, http::ClientOptions options) {
  if (IsManaged(credential)) {
    options.allow_insecure_http = true;
    options.addresses.allow_link_local = true;
    options.proxy.clear();
  }
  return options;
}

Result<TokenRequest> MakeTokenRequest(const Credential& credential,
                                      std::string_view scope,
                                      std::string_view id,
                                      record::Ticks now) {
  TokenRequest request;
  if (IsManaged(credential)) {
    request.method = "GET";
    if (credential.identity_header.empty()) {
      request.headers.emplace_back("Metadata", "true");
    } else {
      request.headers.emplace_back("X-IDENTITY-HEADER", credential.identity_header.Reveal());
    }
    return request;
  }
  Fields fields = {{"grant_type", "client_credentials"},
                   {"client_id", credential.client_id},
                   {"scope", std::string(scope)}};
  KEYWATCH_RETURN_IF_ERROR(AddProof(credential, scope, id, now, &fields));
  request.method = "POST";
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.body = Form(fields);
  return request;
}

Result<std::string> ArcAuthorization(const Credential& credential, std::string_view challenge) {
  constexpr std::string_view kRealm = "Basic realm=";
  constexpr uintmax_t kMostBytes = 4096;
  if (!challenge.starts_with(kRealm)) {
    return Unavailable(fmt::format("Arc: expected a challenge \"Basic realm=FILE\", found \"{}\"",
                                   challenge.substr(0, 80)));
  }
  const std::filesystem::path path(challenge.substr(kRealm.size()));
  std::error_code failed;
  const uintmax_t size = std::filesystem::file_size(path, failed);
  if (path.parent_path() != credential.arc_key_folder || path.extension() != ".key" ||
      (!failed && size > kMostBytes)) {
    return Unavailable(fmt::format("Arc: expected a .key file of at most {} bytes in {}, found {}",
                                   kMostBytes,
                                   credential.arc_key_folder,
                                   path.string().substr(0, 200)));
  }
  Result<Secret> key = Secret::FromFile(path.string());
  if (!key) {
    return Unavailable(fmt::format("Arc: {}; the user that keywatch runs as must be in group himds",
                                   key.error().message()));
  }
  return "Basic " + key->Reveal();
}

}  // namespace keywatch::azure
