#include "connectors/azure/client_assertion.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/base/crypto.h"
#include "engine/record/dynamic.h"
#include "tests/support/rsa_certificate.h"

namespace keywatch::azure {
namespace {

std::string FromBase64Url(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return Base64Decode(text).value_or("malformed");
}

TEST(ClientAssertionTest, IsASignedJwtOfTheApplication) {
  const tests::TestCertificate made;
  Result<RsaSigner> signer = RsaSigner::FromPem(made.KeyPem() + made.CertificatePem());
  ASSERT_TRUE(signer);
  const record::Ticks now = record::kUnixEpoch + 1'700'000'000 * record::kTicksPerSecond;
  const std::string jwt = MakeClientAssertion(
      *signer, "app-1", "https://login.microsoftonline.com/t/oauth2/v2.0/token", "id-7", now);
  const size_t first = jwt.find('.');
  const size_t second = jwt.find('.', first + 1);
  ASSERT_NE(second, std::string::npos);
  EXPECT_EQ(
      jwt.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
      std::string::npos);
  const std::string_view thumbprint(reinterpret_cast<const char*>(signer->thumbprint().data()), 32);
  EXPECT_EQ(FromBase64Url(jwt.substr(0, first)),
            R"({"alg":"RS256","typ":"JWT","x5t#S256":")" + Base64UrlEncode(thumbprint) + "\"}");
  EXPECT_EQ(FromBase64Url(jwt.substr(first + 1, second - first - 1)),
            R"({"aud":"https://login.microsoftonline.com/t/oauth2/v2.0/token","iss":"app-1",)"
            R"("sub":"app-1","jti":"id-7","iat":1700000000,"nbf":1699999940,"exp":1700000600})");
  EXPECT_TRUE(made.Verifies(jwt.substr(0, second), FromBase64Url(jwt.substr(second + 1))));
}

}  // namespace
}  // namespace keywatch::azure
