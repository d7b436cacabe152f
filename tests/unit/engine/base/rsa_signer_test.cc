#include "engine/base/rsa_signer.h"

#include <gtest/gtest.h>

#include "tests/support/rsa_certificate.h"

namespace keywatch {
namespace {

using tests::TestCertificate;

std::string Refusal(const std::string& pem) {
  Result<RsaSigner> signer = RsaSigner::FromPem(pem);
  return signer ? "" : signer.error().message();
}

TEST(RsaSignerTest, SignsWithTheKeyAndKnowsTheCertificate) {
  const TestCertificate made;
  for (const std::string& pem :
       {made.KeyPem() + made.CertificatePem(), made.CertificatePem() + made.KeyPem()}) {
    Result<RsaSigner> signer = RsaSigner::FromPem(pem);
    ASSERT_TRUE(signer) << signer.error().message();
    EXPECT_TRUE(made.Verifies("header.payload", signer->Sign("header.payload")));
    EXPECT_FALSE(made.Verifies("header.payloaf", signer->Sign("header.payload")));
    unsigned char* der = nullptr;
    const int size = i2d_X509(made.x509(), &der);
    EXPECT_EQ(signer->thumbprint(),
              Sha256({reinterpret_cast<const char*>(der), static_cast<size_t>(size)}));
    OPENSSL_free(der);
  }
}

TEST(RsaSignerTest, SaysWhatIsMissing) {
  const TestCertificate made;
  const TestCertificate other;
  const TestCertificate curve(EVP_EC_gen("P-256"));
  const TestCertificate small(EVP_RSA_gen(1024));
  EXPECT_NE(Refusal("").find("expected a private key"), std::string::npos);
  EXPECT_NE(Refusal(made.CertificatePem()).find("expected a private key"), std::string::npos);
  EXPECT_NE(Refusal(made.KeyPem("word") + made.CertificatePem()).find("without a password"),
            std::string::npos);
  EXPECT_NE(Refusal(made.KeyPem()).find("expected a certificate"), std::string::npos);
  EXPECT_NE(Refusal(made.KeyPem() + other.CertificatePem()).find("found another one"),
            std::string::npos);
  EXPECT_NE(Refusal(curve.KeyPem() + curve.CertificatePem()).find("RSA"), std::string::npos);
  EXPECT_NE(Refusal(small.KeyPem() + small.CertificatePem()).find("2048"), std::string::npos);
}

}  // namespace
}  // namespace keywatch
