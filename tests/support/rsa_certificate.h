// A key and a self-signed certificate made for a test, as PEM.
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace keywatch::tests {

class TestCertificate {
 public:
  // For `alternative` ("IP:127.0.0.1"), if given.
  explicit TestCertificate(EVP_PKEY* key = EVP_RSA_gen(2048), const char* alternative = nullptr)
      : key_(key), x509_(X509_new()) {
    X509_set_version(x509_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509_), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509_), 3600);
    X509_set_pubkey(x509_, key_);
    X509_NAME* name = X509_get_subject_name(x509_);
    X509_NAME_add_entry_by_txt(name,
                               "CN",
                               MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("keywatch-test"),
                               -1,
                               -1,
                               0);
    X509_set_issuer_name(x509_, name);
    if (alternative != nullptr) {
      X509_EXTENSION* names =
          X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative);
      X509_add_ext(x509_, names, -1);
      X509_EXTENSION_free(names);
    }
    X509_sign(x509_, key_, EVP_sha256());
  }
  ~TestCertificate() {
    X509_free(x509_);
    EVP_PKEY_free(key_);
  }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  [[nodiscard]] EVP_PKEY* key() const { return key_; }
  [[nodiscard]] X509* x509() const { return x509_; }
  // With a password the key is encrypted.
  [[nodiscard]] std::string KeyPem(const char* password = nullptr) const {
    return Written([&](BIO* bio) {
      PEM_write_bio_PKCS8PrivateKey(bio,
                                    key_,
                                    password == nullptr ? nullptr : EVP_aes_128_cbc(),
                                    password,
                                    password == nullptr ? 0 : 4,
                                    nullptr,
                                    nullptr);
    });
  }
  [[nodiscard]] std::string CertificatePem() const {
    return Written([&](BIO* bio) { PEM_write_bio_X509(bio, x509_); });
  }

  // Whether `signature` is RS256 of `bytes` by this key.
  [[nodiscard]] bool Verifies(const std::string& bytes, const std::string& signature) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key_);
    const int good = EVP_DigestVerify(context,
                                      reinterpret_cast<const unsigned char*>(signature.data()),
                                      signature.size(),
                                      reinterpret_cast<const unsigned char*>(bytes.data()),
                                      bytes.size());
    EVP_MD_CTX_free(context);
    return good == 1;
  }

 private:
  template <class Write>
  static std::string Written(Write write) {
    BIO* bio = BIO_new(BIO_s_mem());
    write(bio);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string out(data, static_cast<size_t>(size));
    BIO_free(bio);
    return out;
  }

  EVP_PKEY* key_;
  X509* x509_;
};

}  // namespace keywatch::tests
