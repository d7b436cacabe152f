#include "connectors/azure/token_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "engine/record/dynamic.h"

namespace keywatch::azure {
namespace {

using record::Dynamic;

constexpr size_t kTextShown = 300;
constexpr int64_t kMostSeconds = 366LL * 24 * 3600;
constexpr int64_t kMostRetrySeconds = 300;

std::string TextOf(const std::optional<Dynamic>& body, std::string_view name) {
  const Dynamic* member = body ? body->Find(name) : nullptr;
  return member != nullptr && member->string() != nullptr ? *member->string() : "";
}

// A number that some services write as text.
std::optional<int64_t> NumberOf(const std::optional<Dynamic>& body, std::string_view name) {
  const Dynamic* member = body ? body->Find(name) : nullptr;
  if (member == nullptr)
    return std::nullopt;
  if (const auto* number = std::get_if<int64_t>(&member->held))
    return *number;
  const std::string* text = member->string();
  int64_t number = 0;
  if (text == nullptr || text->empty())
    return std::nullopt;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  return error == std::errc() && end == text->data() + text->size() ? std::optional(number)
                                                                    : std::nullopt;
}

std::optional<AccessToken> ReadToken(const std::optional<Dynamic>& body, record::Ticks now) {
  AccessToken token;
  token.text = TextOf(body, "access_token");
  // Counted from now on: the clocks need not agree.
  std::optional<int64_t> left = NumberOf(body, "expires_in");
  if (!left) {
    left = NumberOf(body, "expires_on");
    if (left)
      *left -= (now - record::kUnixEpoch) / record::kTicksPerSecond;
  }
  if (token.text.empty() || !left || *left <= 0)
    return std::nullopt;
  token.expires = now + std::min(*left, kMostSeconds) * record::kTicksPerSecond;
  return token;
}

// Entra ID's numbers, and what their reader has to do.
struct Advice {
  std::string_view mark;
  std::string_view text;
};
constexpr std::array kAdvice = {
    Advice{"AADSTS7000215", "the client secret is wrong: give its value, not its id"},
    Advice{"AADSTS7000222", "the client secret has expired: create a new one and replace it"},
    Advice{"AADSTS700016", "the application is not in this tenant: check client_id and tenant_id"},
    Advice{"AADSTS90002", "the tenant is not known: check tenant_id and authority"},
    Advice{"AADSTS900023", "the tenant is not known: check tenant_id"},
    Advice{"AADSTS700027",
           "the certificate is not one of the application's, or has expired: upload it "
           "(az ad app credential reset --cert)"},
    Advice{"AADSTS700024", "the assertion is not valid at this time: check this machine's clock"},
    Advice{"AADSTS70021",
           "no federated credential of the application matches: check its issuer, subject and "
           "audience"},
    Advice{"AADSTS500011", "the scope is not known in this tenant: check the namespace or URL"},
    Advice{"AADSTS7000112", "the application is disabled: enable its service principal"},
};

std::string_view AdviceFor(const Credential& credential, std::string_view text, int status) {
  for (const Advice& advice : kAdvice) {
    if (text.find(advice.mark) != text.npos)
      return advice.text;
  }
  if (credential.kind != CredentialKind::kManagedIdentity)
    return status >= 500 || status == 429 ? "it is retried" : "check the auth settings";
  if (text.find("Identity not found") != text.npos || text.find("identity") != text.npos) {
    return credential.client_id.empty()
               ? "assign a managed identity to this machine, or name one by client_id"
               : "assign the identity with this client_id to this machine";
  }
  return status >= 500 || status == 429 || status == 404 || status == 410
             ? "it is retried"
             : "check that this machine has a managed identity";
}

// The first sentence or two: what follows are ids and times of the request.
std::string Shorten(std::string_view text) {
  text = text.substr(0, text.find("Trace ID"));
  text = text.substr(0, text.find('\n'));
  std::string out;
  for (char c : text.substr(0, kTextShown)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

const char* Service(const Credential& credential) {
  return credential.kind == CredentialKind::kManagedIdentity ? "the managed identity service"
                                                             : "Entra ID";
}

std::string ExplainSilence(const Credential& credential, const http::Response& response) {
  if (credential.kind == CredentialKind::kManagedIdentity) {
    return fmt::format(
        "no access token: the managed identity service does not answer ({}): keywatch must run in "
        "Azure or on an Arc server, and nothing may block {}; elsewhere use another auth type",
        response.error_detail,
        credential.identity_endpoint.empty() ? "169.254.169.254" : credential.identity_endpoint);
  }
  if (response.error == http::TransportError::kTls) {
    return fmt::format("no access token: TLS with {} failed ({}): check authority and auth.ca_file",
                       credential.authority,
                       response.error_detail);
  }
  return fmt::format(
      "no access token: {} does not answer ({}): check authority, the network, DNS and the proxy",
      credential.authority,
      response.error_detail);
}

std::chrono::milliseconds RetryAfter(const http::Response& response) {
  const std::string text = response.Header("retry-after");
  int64_t seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0)
    return std::chrono::milliseconds(0);
  return std::chrono::seconds(std::min(seconds, kMostRetrySeconds));
}

}  // namespace

TokenAnswer ReadTokenAnswer(const Credential& credential,
                            const http::Response& response,
                            record::Ticks now) {
  TokenAnswer answer;
  if (response.error != http::TransportError::kNone) {
    answer.problem = ExplainSilence(credential, response);
    answer.retry = response.error != http::TransportError::kPolicy &&
                   response.error != http::TransportError::kCancelled;
    return answer;
  }
  const int status = response.status;
  const bool managed = credential.kind == CredentialKind::kManagedIdentity;
  const std::optional<Dynamic> body = record::ParseJson(response.body);
  if (status == 200) {
    answer.token = ReadToken(body, now);
    if (!answer.token) {
      answer.problem =
          fmt::format("no access token: {} answered 200 without access_token and expires_in",
                      Service(credential));
    }
    return answer;
  }
  answer.retry = status == 429 || status >= 500 || (managed && (status == 404 || status == 410));
  answer.retry_after = RetryAfter(response);
  std::string said = TextOf(body, "error_description");
  if (said.empty())
    said = TextOf(body, "error");
  answer.problem = fmt::format("no access token: {} (HTTP {} from {}{}{})",
                               AdviceFor(credential, said, status),
                               status,
                               Service(credential),
                               said.empty() ? "" : ": ",
                               Shorten(said));
  return answer;
}

}  // namespace keywatch::azure
