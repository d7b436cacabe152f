#include "connectors/blob/storage_failure.h"

#include <gtest/gtest.h>

#include "tests/support/text_match.h"

namespace keywatch::blob {
namespace {

using pipeline::SourceError;
using tests::Has;

const StorageAccount kAccount{"https://contoso.blob.core.windows.net", "", "contoso", "logs"};

http::Response Answer(int status, const std::string& code, const std::string& detail = "") {
  http::Response response;
  response.status = status;
  response.headers["x-ms-error-code"] = code;
  response.headers["date"] = "Mon, 30 Nov 2026 08:00:00 GMT";
  response.body =
      "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>m</Message>" +
      (detail.empty() ? ""
                      : "<AuthenticationErrorDetail>" + detail + "</AuthenticationErrorDetail>") +
      "</Error>";
  return response;
}

Ticks At(const char* text) { return *record::ParseIsoDatetime(text); }

StorageFailure Of(const http::Response& response,
                  LoginKind login,
                  const StorageRequest& request = ListRequest("", false, ""),
                  Ticks now = At("2026-11-30T08:00:05Z")) {
  return ReadFailure(kAccount, login, request, response, now);
}

TEST(StorageFailure, EachSaysWhatToDo) {
  struct Case {
    int status;
    const char* code;
    LoginKind login;
    SourceError reason;
    const char* says;
  };
  for (const Case& one : std::initializer_list<Case>{
           {403,
            "AuthenticationFailed",
            LoginKind::kAccountKey,
            SourceError::kLogin,
            "account_key_file"},
           {403,
            "AuthenticationFailed",
            LoginKind::kSharedAccessSignature,
            SourceError::kLogin,
            "sas_token_file"},
           {401, "InvalidAuthenticationInfo", LoginKind::kToken, SourceError::kLogin, "scope"},
           {403,
            "AuthorizationPermissionMismatch",
            LoginKind::kToken,
            SourceError::kAccess,
            "Storage Blob Data Reader"},
           {403,
            "AuthorizationPermissionMismatch",
            LoginKind::kSharedAccessSignature,
            SourceError::kAccess,
            "permissions r (read) and l (list)"},
           {403, "AuthorizationFailure", LoginKind::kToken, SourceError::kAccess, "firewall"},
           {403,
            "KeyBasedAuthenticationNotPermitted",
            LoginKind::kAccountKey,
            SourceError::kLogin,
            "use auth"},
           {404,
            "ContainerNotFound",
            LoginKind::kToken,
            SourceError::kMissing,
            "there is no container logs in storage account contoso"},
           {503, "ServerBusy", LoginKind::kToken, SourceError::kThrottled, "poll_interval"},
           {429, "", LoginKind::kToken, SourceError::kThrottled, "poll_interval"},
           {500, "InternalError", LoginKind::kToken, SourceError::kOther, "asked again"},
           {404, "", LoginKind::kToken, SourceError::kMissing, "account_url"},
           {400,
            "InvalidQueryParameterValue",
            LoginKind::kToken,
            SourceError::kOther,
            "account_url"}}) {
    StorageFailure failure = Of(Answer(one.status, one.code), one.login);
    EXPECT_EQ(failure.reason, one.reason) << one.code;
    EXPECT_TRUE(Has(failure.problem, one.says)) << failure.problem;
    EXPECT_FALSE(failure.of_blob);
  }
}

TEST(StorageFailure, AnExpiredSignatureIsNamed) {
  std::string problem =
      Of(Answer(403,
                "AuthenticationFailed",
                "Signature not valid in the specified time frame: Start [..] - Expiry [Sun, 29 Nov "
                "2026 08:00:00 GMT] - Current [..]"),
         LoginKind::kSharedAccessSignature)
          .problem;
  EXPECT_TRUE(Has(problem, "Expiry [Sun, 29 Nov 2026 08:00:00 GMT]")) << problem;
  // What was signed is of no use to anybody.
  problem = Of(Answer(403,
                      "AuthenticationFailed",
                      "The MAC signature found in the HTTP request 'x' is not the same as any "
                      "computed signature. Server used following string to sign: 'GET ..'"),
               LoginKind::kAccountKey)
                .problem;
  EXPECT_FALSE(Has(problem, "string to sign")) << problem;
}

TEST(StorageFailure, AWrongClockIsNamed) {
  std::string problem = Of(Answer(403, "AuthenticationFailed"),
                           LoginKind::kAccountKey,
                           ListRequest("", false, ""),
                           At("2026-11-30T08:20:00Z"))
                            .problem;
  EXPECT_TRUE(Has(problem, "clock is 1200 s ahead of")) << problem;
}

TEST(StorageFailure, ABlobThatIsGoneStopsNothingElse) {
  EXPECT_TRUE(Of(Answer(404, "BlobNotFound"), LoginKind::kToken, RangeRequest("b", 0, 1)).of_blob);
  EXPECT_TRUE(Of(Answer(409, "BlobArchived"), LoginKind::kToken, RangeRequest("b", 0, 1)).of_blob);
  EXPECT_FALSE(
      Of(Answer(404, "ContainerNotFound"), LoginKind::kToken, RangeRequest("b", 0, 1)).of_blob);
}

TEST(StorageFailure, RetryAfterAndTransport) {
  http::Response busy = Answer(503, "ServerBusy");
  busy.headers["retry-after"] = "7";
  EXPECT_EQ(Of(busy, LoginKind::kToken).retry_after, std::chrono::seconds(7));
  busy.headers["retry-after"] = "999999";
  EXPECT_EQ(Of(busy, LoginKind::kToken).retry_after, std::chrono::seconds(600));
  http::Response refused;
  refused.error = http::TransportError::kRefused;
  refused.error_detail = "Connection refused";
  EXPECT_EQ(Of(refused, LoginKind::kToken).reason, SourceError::kNetwork);
  EXPECT_TRUE(Has(Of(refused, LoginKind::kToken).problem, "Connection refused"));
  refused.error = http::TransportError::kTls;
  EXPECT_EQ(Of(refused, LoginKind::kToken).reason, SourceError::kTls);
}

}  // namespace
}  // namespace keywatch::blob
