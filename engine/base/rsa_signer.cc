#include "engine/base/rsa_signer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "engine/base/check.h"

namespace keywatch {
namespace {

constexpr int kLeastBits = 2048;

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct CertificateDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;

Bio ReadFrom(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Asked for the password of a key: there is none.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

}  // namespace

Result<RsaSigner> RsaSigner::FromPem(std::string_view pem) {
  RsaSigner signer;
  EVP_PKEY* key = PEM_read_bio_PrivateKey(ReadFrom(pem).get(), nullptr, NoPassword, nullptr);
  std::unique_ptr<X509, CertificateDeleter> certificate(
      PEM_read_bio_X509(ReadFrom(pem).get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    return InvalidInput(
        "expected a private key without a password (BEGIN PRIVATE KEY) in the PEM file, found "
        "none");
  }
  signer.key_ =
      std::shared_ptr<void>(key, [](void* held) { EVP_PKEY_free(static_cast<EVP_PKEY*>(held)); });
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) < kLeastBits)
    return InvalidInput("expected an RSA key of at least 2048 bits in the PEM file");
  if (certificate == nullptr) {
    return InvalidInput(
        "expected a certificate (BEGIN CERTIFICATE) beside the key in the PEM file, found none");
  }
  const int matches = X509_check_private_key(certificate.get(), key);
  ERR_clear_error();
  if (matches != 1) {
    return InvalidInput(
        "expected the key of the certificate in the PEM file, found another one; the "
        "application's certificate must stand first");
  }
  unsigned size = 0;
  const int digested =
      X509_digest(certificate.get(), EVP_sha256(), signer.thumbprint_.data(), &size);
  KEYWATCH_CHECK(digested == 1 && size == signer.thumbprint_.size(), "OpenSSL offers SHA-256");
  return signer;
}

std::string RsaSigner::Sign(std::string_view bytes) const {
  std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t size = 0;
  const bool begun =
      EVP_DigestSignInit(
          context.get(), nullptr, EVP_sha256(), nullptr, static_cast<EVP_PKEY*>(key_.get())) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, data, bytes.size()) == 1;
  KEYWATCH_CHECK(begun, "an RSA key of 2048 bits and more can sign a SHA-256 digest");
  std::string signature(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  const int done = EVP_DigestSign(context.get(), out, &size, data, bytes.size());
  KEYWATCH_CHECK(done == 1, "an RSA key of 2048 bits and more can sign a SHA-256 digest");
  signature.resize(size);
  return signature;
}

}  // namespace keywatch
