#include "app/connectors/azure_credential.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "engine/rule/yaml_node.h"
#include "tests/support/rsa_certificate.h"
#include "tests/support/temp_dir.h"
#include "tests/support/text_match.h"

namespace keywatch::app {
namespace {

using azure::CredentialKind;
using tests::Has;

constexpr const char* kVariables[] = {"AZURE_TENANT_ID",
                                      "AZURE_CLIENT_ID",
                                      "AZURE_AUTHORITY_HOST",
                                      "AZURE_FEDERATED_TOKEN_FILE",
                                      "IDENTITY_ENDPOINT",
                                      "IDENTITY_HEADER"};

// Each test begins without any of the variables that a platform sets.
class AzureCredentialTest : public testing::Test {
 protected:
  void SetUp() override { Unset(); }
  void TearDown() override { Unset(); }
  static void Unset() {
    for (const char* name : kVariables)
      unsetenv(name);
  }

  AzureAuth Read(const std::string& auth) {
    SourceText source{"k.yaml", "auth: " + auth + "\n", 1, 0};
    diagnostics_ = {};
    const std::optional<rule::YamlNode> item = rule::ParseYaml(source, &diagnostics_);
    EXPECT_TRUE(item);
    Fields fields(*item, "a source", dir_.path(), &diagnostics_);
    AzureAuth out;
    EXPECT_TRUE(ReadAzureAuth(&fields, Need::kRequired, &out));
    messages_ = Format(source, diagnostics_);
    return out;
  }

  tests::TempDir dir_;
  Diagnostics diagnostics_;
  std::string messages_;
};

TEST_F(AzureCredentialTest, ReadsEachKind) {
  AzureAuth auth = Read(
      "{type: client_secret, tenant_id: t, client_id: c, client_secret: s, "
      "authority: 'https://login.microsoftonline.us', ca_file: ca.pem}");
  EXPECT_EQ(messages_, "");
  EXPECT_EQ(auth.credential.kind, CredentialKind::kClientSecret);
  EXPECT_EQ(auth.credential.client_secret.Reveal(), "s");
  EXPECT_EQ(auth.credential.authority, "https://login.microsoftonline.us");
  EXPECT_EQ(auth.egress.ca_file, dir_.File("ca.pem"));
  EXPECT_TRUE(MakeTokenProvider(auth, "scope"));

  const tests::TestCertificate made;
  tests::WriteFile(dir_.File("app.pem"), made.KeyPem() + made.CertificatePem());
  auth = Read("{type: client_certificate, tenant_id: t, client_id: c, certificate_file: app.pem}");
  EXPECT_EQ(messages_, "");
  EXPECT_TRUE(MakeTokenProvider(auth, "scope"));

  auth = Read("{type: managed_identity, client_id: u}");
  EXPECT_EQ(messages_, "");
  EXPECT_EQ(auth.credential.client_id, "u");
  EXPECT_TRUE(auth.credential.identity_endpoint.empty());
  EXPECT_TRUE(MakeTokenProvider(auth, "scope"));
}

TEST_F(AzureCredentialTest, ThePlatformsVariablesAreTheDefaults) {
  tests::WriteFile(dir_.File("token"), "jwt");
  setenv("AZURE_TENANT_ID", "t", 1);
  setenv("AZURE_CLIENT_ID", "c", 1);
  setenv("AZURE_AUTHORITY_HOST", "https://login.partner.microsoftonline.cn/", 1);
  setenv("AZURE_FEDERATED_TOKEN_FILE", dir_.File("token").c_str(), 1);
  AzureAuth auth = Read("{type: workload_identity}");
  EXPECT_EQ(messages_, "");
  EXPECT_EQ(auth.credential.tenant_id, "t");
  EXPECT_EQ(auth.credential.client_id, "c");
  EXPECT_EQ(auth.credential.authority, "https://login.partner.microsoftonline.cn/");
  EXPECT_EQ(auth.credential.federated_token.Reveal(), "jwt");

  // AZURE_CLIENT_ID belongs to the workload identity: a managed one is named by the setting only.
  setenv("IDENTITY_ENDPOINT", "http://localhost:42356/msi/token", 1);
  setenv("IDENTITY_HEADER", "h", 1);
  auth = Read("{type: managed_identity}");
  EXPECT_EQ(auth.credential.client_id, "");
  EXPECT_EQ(auth.credential.identity_endpoint, "http://localhost:42356/msi/token");
  EXPECT_EQ(auth.credential.identity_header.Reveal(), "h");
}

TEST_F(AzureCredentialTest, SaysWhatIsMissing) {
  Read("{type: client_secret}");
  EXPECT_TRUE(Has(messages_, "expected tenant_id, or environment variable AZURE_TENANT_ID"));
  EXPECT_TRUE(Has(messages_, "expected client_id, or environment variable AZURE_CLIENT_ID"));
  EXPECT_TRUE(Has(messages_, "client_secret"));
  Read("{type: workload_identity, tenant_id: t, client_id: c}");
  EXPECT_TRUE(Has(messages_, "AZURE_FEDERATED_TOKEN_FILE"));
  Read("{type: workload_identity, tenant_id: t, client_id: c, token_file: none}");
  EXPECT_TRUE(Has(messages_, "cannot read the secret file"));
  Read("{type: client_certificate, tenant_id: t, client_id: c}");
  EXPECT_TRUE(Has(messages_, "certificate_file"));
  Read("{type: managed_identity, tenant_id: t}");
  EXPECT_TRUE(Has(messages_, "tenant_id"));
  Read("{type: managed_identities}");
  EXPECT_TRUE(Has(messages_, "managed_identity"));
}

}  // namespace
}  // namespace keywatch::app
