// An RSA key with its certificate, as one PEM file holds them, and RS256 signatures with it: what
// proves an application to Entra ID instead of a password.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/crypto.h"
#include "engine/base/status.h"

namespace keywatch {

class RsaSigner {
 public:
  // The first private key and the first certificate in `pem`, in any order. Refuses a key that has
  // a password, is not RSA, has less than 2048 bits, or is not the certificate's. No message holds
  // any of `pem`.
  static Result<RsaSigner> FromPem(std::string_view pem);

  // RSASSA-PKCS1-v1_5 with SHA-256 (RS256 of RFC 7518).
  [[nodiscard]] std::string Sign(std::string_view bytes) const;
  // SHA-256 of the certificate's DER form: x5t#S256 before its base64.
  [[nodiscard]] const Sha256Digest& thumbprint() const { return thumbprint_; }

 private:
  std::shared_ptr<void> key_;  // OpenSSL's EVP_PKEY
  Sha256Digest thumbprint_{};
};

}  // namespace keywatch
