#include "connectors/azure/token_request.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/rsa_certificate.h"
#include "tests/support/temp_dir.h"

namespace keywatch::azure {
namespace {

constexpr const char* kScope = "https://ns.servicebus.windows.net/.default";

Credential Application(CredentialKind kind) {
  Credential credential;
  credential.kind = kind;
  credential.tenant_id = "tenant-1";
  credential.client_id = "app-1";
  return credential;
}

TEST(TokenRequestTest, ClientSecretIsAFormToTheAuthority) {
  Credential credential = Application(CredentialKind::kClientSecret);
  credential.client_secret = Secret("p~ss&w=rd");
  EXPECT_EQ(TokenUrl(credential, kScope),
            "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token");
  credential.authority = "https://login.microsoftonline.us/";
  EXPECT_EQ(TokenUrl(credential, kScope),
            "https://login.microsoftonline.us/tenant-1/oauth2/v2.0/token");
  Result<TokenRequest> request = MakeTokenRequest(credential, kScope, "id", 0);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->body,
            "grant_type=client_credentials&client_id=app-1&"
            "scope=https%3A%2F%2Fns.servicebus.windows.net%2F.default&client_secret=p~ss%26w%3Drd");
}

TEST(TokenRequestTest, WorkloadIdentityReadsItsFileEachTime) {
  tests::TempDir dir;
  tests::WriteFile(dir.File("token"), "first.jwt\n");
  Credential credential = Application(CredentialKind::kWorkloadIdentity);
  credential.federated_token = *Secret::FromFile(dir.File("token"));
  Result<TokenRequest> request = MakeTokenRequest(credential, kScope, "id", 0);
  ASSERT_TRUE(request);
  EXPECT_NE(
      request->body.find("client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion"
                         "-type%3Ajwt-bearer&client_assertion=first.jwt"),
      std::string::npos);
}

TEST(TokenRequestTest, CertificateSignsAnAssertion) {
  const tests::TestCertificate made;
  Credential credential = Application(CredentialKind::kClientCertificate);
  credential.certificate = Secret(made.KeyPem() + made.CertificatePem());
  Result<TokenRequest> request = MakeTokenRequest(credential, kScope, "id", record::kUnixEpoch);
  ASSERT_TRUE(request);
  EXPECT_NE(request->body.find("&client_assertion=eyJ"), std::string::npos);
  EXPECT_EQ(request->body.find("client_secret"), std::string::npos);
  credential.certificate = Secret("no PEM");
  EXPECT_FALSE(MakeTokenRequest(credential, kScope, "id", record::kUnixEpoch));
}

TEST(TokenRequestTest, ManagedIdentityOfEachPlatform) {
  Credential credential;
  EXPECT_EQ(TokenUrl(credential, kScope),
            "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&"
            "resource=https%3A%2F%2Fns.servicebus.windows.net");
  EXPECT_EQ(MakeTokenRequest(credential, kScope, "", 0)->headers,
            (http::Headers{{"Metadata", "true"}}));
  credential.client_id = "user-1";
  EXPECT_TRUE(TokenUrl(credential, kScope).ends_with("&client_id=user-1"));

  credential.identity_endpoint = "http://localhost:42356/msi/token";
  credential.identity_header = Secret("header-1");
  EXPECT_EQ(TokenUrl(credential, kScope),
            "http://localhost:42356/msi/token?api-version=2019-08-01&"
            "resource=https%3A%2F%2Fns.servicebus.windows.net&client_id=user-1");
  EXPECT_EQ(MakeTokenRequest(credential, kScope, "", 0)->headers,
            (http::Headers{{"X-IDENTITY-HEADER", "header-1"}}));
  EXPECT_FALSE(IsArc(credential));

  credential.identity_header = Secret();
  EXPECT_TRUE(IsArc(credential));
  EXPECT_NE(TokenUrl(credential, kScope).find("api-version=2020-06-01"), std::string::npos);
}

TEST(TokenRequestTest, OnlyTheMetadataServiceMayBeLinkLocal) {
  http::ClientOptions options;
  options.proxy = "http://proxy:3128";
  EXPECT_TRUE(TokenClientOptions(Credential(), options).addresses.allow_link_local);
  EXPECT_EQ(TokenClientOptions(Credential(), options).proxy, "");
  const Credential application = Application(CredentialKind::kClientSecret);
  EXPECT_FALSE(TokenClientOptions(application, options).addresses.allow_link_local);
  EXPECT_EQ(TokenClientOptions(application, options).proxy, "http://proxy:3128");
}

TEST(TokenRequestTest, ArcMayOnlyNameItsKeyFiles) {
  tests::TempDir dir;
  std::filesystem::create_directory(dir.File("tokens"));
  tests::WriteFile(dir.File("tokens/a.key"), "key-text");
  tests::WriteFile(dir.File("tokens/a.txt"), "other");
  tests::WriteFile(dir.File("b.key"), "outside");
  tests::WriteFile(dir.File("tokens/big.key"), std::string(5000, 'x'));
  Credential credential;
  credential.identity_endpoint = "http://localhost:40342/metadata/identity/oauth2/token";
  credential.arc_key_folder = dir.File("tokens");
  Result<std::string> proof =
      ArcAuthorization(credential, "Basic realm=" + dir.File("tokens/a.key"));
  ASSERT_TRUE(proof);
  EXPECT_EQ(*proof, "Basic key-text");
  for (const std::string& bad : {std::string("Basic"),
                                 "Basic realm=" + dir.File("tokens/a.txt"),
                                 "Basic realm=" + dir.File("b.key"),
                                 "Basic realm=" + dir.File("tokens/../b.key"),
                                 "Basic realm=" + dir.File("tokens/big.key"),
                                 "Basic realm=" + dir.File("tokens/none.key")}) {
    EXPECT_FALSE(ArcAuthorization(credential, bad)) << bad;
  }
}

}  // namespace
}  // namespace keywatch::azure
