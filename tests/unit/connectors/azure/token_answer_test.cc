#include "connectors/azure/token_answer.h"

#include <gtest/gtest.h>

namespace keywatch::azure {
namespace {

constexpr record::Ticks kNow = record::kUnixEpoch + 1'700'000'000 * record::kTicksPerSecond;

Credential Of(CredentialKind kind) {
  Credential credential;
  credential.kind = kind;
  return credential;
}

TokenAnswer Read(CredentialKind kind, int status, const std::string& body) {
  http::Response response;
  response.status = status;
  response.body = body;
  return ReadTokenAnswer(Of(kind), response, kNow);
}

TEST(TokenAnswerTest, EveryFormOfAToken) {
  struct Case {
    const char* body;
    int64_t seconds;
  };
  for (const Case& c : {
           Case{R"({"token_type":"Bearer","expires_in":3599,"access_token":"t"})", 3599},
           // The metadata service writes numbers as text.
           Case{R"({"access_token":"t","expires_in":"86000","expires_on":"1"})", 86000},
           // App Service: only the point in time.
           Case{R"({"access_token":"t","expires_on":"1700000500","resource":"r"})", 500},
       }) {
    TokenAnswer answer = Read(CredentialKind::kManagedIdentity, 200, c.body);
    ASSERT_TRUE(answer.token) << c.body;
    EXPECT_EQ(answer.token->text, "t");
    EXPECT_EQ(answer.token->expires, kNow + c.seconds * record::kTicksPerSecond);
  }
}

TEST(TokenAnswerTest, TwoHundredWithoutATokenIsAProblem) {
  for (const char* body : {"",
                           "<html>sign in</html>",
                           "[]",
                           R"({"access_token":"t"})",
                           R"({"access_token":"","expires_in":10})",
                           R"({"access_token":"t","expires_in":"soon"})",
                           R"({"access_token":"t","expires_on":"1699999999"})"}) {
    TokenAnswer answer = Read(CredentialKind::kClientSecret, 200, body);
    EXPECT_FALSE(answer.token) << body;
    EXPECT_NE(answer.problem.find("without access_token"), std::string::npos);
  }
}

TEST(TokenAnswerTest, RefusalsSayWhatToDo) {
  struct Case {
    const char* description;
    const char* advice;
  };
  for (const Case& c :
       {Case{"AADSTS7000215: Invalid client secret provided. Trace ID: 1", "give its value"},
        Case{"AADSTS7000222: The provided client secret keys are expired.", "create a new one"},
        Case{"AADSTS700016: Application with identifier 'x' was not found", "check client_id"},
        Case{"AADSTS90002: Tenant 'x' not found.", "check tenant_id"},
        Case{"AADSTS700027: The certificate is not registered", "upload it"},
        Case{"AADSTS700211: No matching federated identity record", "issuer, subject"},
        Case{"AADSTS99999: something new", "check the auth settings"}}) {
    TokenAnswer answer = Read(
        CredentialKind::kClientSecret,
        401,
        std::string(R"({"error":"invalid_client","error_description":")") + c.description + "\"}");
    EXPECT_FALSE(answer.retry);
    EXPECT_NE(answer.problem.find(c.advice), std::string::npos) << answer.problem;
    EXPECT_EQ(answer.problem.find("Trace ID"), std::string::npos) << answer.problem;
  }
}

TEST(TokenAnswerTest, WhatIsWorthAnotherTry) {
  struct Case {
    CredentialKind kind;
    int status;
    bool retry;
  };
  constexpr auto kSecret = CredentialKind::kClientSecret;
  constexpr auto kManaged = CredentialKind::kManagedIdentity;
  for (const Case& c : {Case{kSecret, 400, false},
                        Case{kSecret, 404, false},
                        Case{kSecret, 429, true},
                        Case{kSecret, 503, true},
                        Case{kManaged, 400, false},
                        Case{kManaged, 404, true},
                        Case{kManaged, 410, true},
                        Case{kManaged, 429, true},
                        Case{kManaged, 500, true}}) {
    EXPECT_EQ(Read(c.kind, c.status, "{}").retry, c.retry) << c.status;
  }
  http::Response response;
  response.error = http::TransportError::kTimeout;
  response.error_detail = "Timeout was reached";
  TokenAnswer silent = ReadTokenAnswer(Of(kManaged), response, kNow);
  EXPECT_TRUE(silent.retry);
  EXPECT_NE(silent.problem.find("must run in Azure"), std::string::npos);
  response = {};
  response.status = 429;
  response.headers["retry-after"] = "17";
  EXPECT_EQ(ReadTokenAnswer(Of(kSecret), response, kNow).retry_after, std::chrono::seconds(17));
}

}  // namespace
}  // namespace keywatch::azure
