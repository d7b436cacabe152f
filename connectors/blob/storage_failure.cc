#include "connectors/blob/storage_failure.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace keywatch::blob {
namespace {

using pipeline::SourceError;

// Azure refuses a request whose date is further off.
constexpr Ticks kMostSkew = 15 * record::kTicksPerMinute;

// The text of the first such element of an error's XML; it is shown, nothing hangs on it.
std::string Element(std::string_view xml, std::string_view name) {
  std::string open = fmt::format("<{}>", name);
  size_t begin = xml.find(open);
  if (begin == std::string_view::npos)
    return "";
  begin += open.size();
  std::string text(xml.substr(begin, xml.find('<', begin) - begin));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.substr(0, 400);
}

std::chrono::milliseconds RetryAfter(const http::Response& response) {
  std::string text = response.Header("retry-after");
  int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::clamp<int64_t>(seconds, 0, 600));
}

StorageFailure OfTransport(const StorageAccount& account, const http::Response& response) {
  StorageFailure failure;
  failure.reason = SourceError::kNetwork;
  const char* advice = "check account_url, the network and the storage account's firewall";
  if (response.error == http::TransportError::kTls) {
    failure.reason = SourceError::kTls;
    advice = "check ca_file, and whether a proxy stands between";
  } else if (response.error == http::TransportError::kDns) {
    advice = "check the account's name in account_url, and DNS";
  }
  failure.problem = fmt::format(
      "storage account {} cannot be reached: {}; {}", account.name, response.error_detail, advice);
  return failure;
}

// How far our clock is from the service's, if so far that it refuses requests for it.
std::string Skew(const http::Response& response, Ticks now) {
  std::optional<Ticks> theirs = record::ParseDatetime(response.Header("date"));
  if (!theirs || std::abs(now - *theirs) < kMostSkew)
    return "";
  return fmt::format(
      "this machine's clock is {} s {} the service's, which refuses more than 15 minutes: set it "
      "right (NTP)",
      std::abs(now - *theirs) / record::kTicksPerSecond,
      now > *theirs ? "ahead of" : "behind");
}

std::string LoginAdvice(LoginKind login) {
  switch (login) {
    case LoginKind::kAccountKey:
      return "check account_key_file against `az storage account keys list`, and the account's "
             "name "
             "in account_url; the file is read again when it changes";
    case LoginKind::kSharedAccessSignature:
      return "put a valid shared access signature with permissions r and l into sas_token_file; "
             "the "
             "file is read again when it changes";
    case LoginKind::kToken:
      return "check auth and scope: the token must be for https://storage.azure.com/";
  }
  return "";
}

std::string AccessAdvice(LoginKind login) {
  return login == LoginKind::kToken
             ? "give this identity the role Storage Blob Data Reader on the container; a new role "
               "takes some minutes to work"
             : "a shared access signature needs permissions r (read) and l (list), for the "
               "container "
               "and its objects (srt=co, or sr=c)";
}

bool IsOneOf(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

struct Meaning {
  SourceError reason;
  std::string text;
};

Meaning MeaningOf(const StorageAccount& account,
                  LoginKind login,
                  int status,
                  std::string_view code) {
  if (IsOneOf(code, {"ContainerNotFound", "ContainerBeingDeleted", "ContainerDisabled"})) {
    return {SourceError::kMissing,
            fmt::format("there is no container {} in storage account {}: Azure Monitor makes it "
                        "with the first record of a diagnostic setting; check container",
                        account.container,
                        account.name)};
  }
  if (IsOneOf(code, {"BlobNotFound", "ResourceNotFound"}))
    return {SourceError::kMissing, "a blob is gone"};
  if (code == "BlobArchived") {
    return {SourceError::kMissing,
            "a blob is in the archive tier: bring it back to hot or cool to have it read"};
  }
  if (code == "KeyBasedAuthenticationNotPermitted") {
    return {SourceError::kLogin,
            fmt::format("storage account {} does not take account keys: use auth (managed or "
                        "workload identity)",
                        account.name)};
  }
  if (IsOneOf(code, {"AuthorizationFailure", "PublicAccessNotPermitted"})) {
    return {SourceError::kAccess,
            fmt::format("storage account {} does not let us read: {}; or allow this network in the "
                        "account's firewall",
                        account.name,
                        login == LoginKind::kToken ? AccessAdvice(login) : LoginAdvice(login))};
  }
  if (code.starts_with("Authorization") || code == "InsufficientAccountPermissions") {
    return {
        SourceError::kAccess,
        fmt::format("we may not read container {}: {}", account.container, AccessAdvice(login))};
  }
  if (status == 401 || status == 403) {
    return {
        SourceError::kLogin,
        fmt::format(
            "storage account {} does not accept our login: {}", account.name, LoginAdvice(login))};
  }
  if (status == 429 || IsOneOf(code, {"ServerBusy", "TooManyRequests"})) {
    return {SourceError::kThrottled,
            fmt::format("storage account {} throttles us: raise poll_interval, lower parallel",
                        account.name)};
  }
  if (status == 404) {
    return {SourceError::kMissing,
            fmt::format("there is no {} in storage account {}: check account_url and container",
                        account.container,
                        account.name)};
  }
  if (status >= 500) {
    return {
        SourceError::kOther,
        fmt::format("storage account {} has trouble of its own; it is asked again", account.name)};
  }
  return {SourceError::kOther,
          fmt::format("storage account {} did not understand a request: check account_url and "
                      "container",
                      account.name)};
}

}  // namespace

StorageFailure ReadFailure(const StorageAccount& account,
                           LoginKind login,
                           const StorageRequest& request,
                           const http::Response& response,
                           Ticks now) {
  if (response.error != http::TransportError::kNone)
    return OfTransport(account, response);
  std::string code = response.Header("x-ms-error-code");
  if (code.empty())
    code = Element(response.body, "Code");
  Meaning meaning = MeaningOf(account, login, response.status, code);
  StorageFailure failure;
  failure.reason = meaning.reason;
  failure.problem = std::move(meaning.text);
  failure.retry_after = RetryAfter(response);
  failure.of_blob =
      !request.blob.empty() && IsOneOf(code, {"BlobNotFound", "ResourceNotFound", "BlobArchived"});
  if (failure.reason == SourceError::kLogin) {
    if (std::string skew = Skew(response, now); !skew.empty())
      failure.problem = skew;
  }
  failure.problem += fmt::format(" (HTTP {} {}", response.status, code.substr(0, 80));
  std::string detail = Element(response.body, "AuthenticationErrorDetail");
  // The detail of a wrong signature repeats what was signed: of no use to who reads this.
  if (!detail.empty() && detail.find("string to sign") == std::string::npos)
    failure.problem += ": " + detail;
  failure.problem += ")";
  return failure;
}

}  // namespace keywatch::blob
