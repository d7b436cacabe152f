// Certificates are checked: an unknown issuer and a wrong host name are refused, a trusted one
// works.
#define CPPHTTPLIB_OPENSSL_SUPPORT  // as Debian's library is built
#define CPPHTTPLIB_ZLIB_SUPPORT
#define CPPHTTPLIB_BROTLI_SUPPORT
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "connectors/http/client.h"
#include "tests/support/temp_dir.h"

namespace keywatch::http {
namespace {

struct Certificate {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x509 = X509_new();
  ~Certificate() {
    X509_free(x509);
    EVP_PKEY_free(key);
  }
};

// Self-signed, for `name` ("DNS:localhost", "IP:127.0.0.1").
std::unique_ptr<Certificate> MakeCertificate(const char* name) {
  auto made = std::make_unique<Certificate>();
  X509* x509 = made->x509;
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_set_pubkey(x509, made->key);
  X509_NAME* subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("receiver"), -1, -1, 0);
  X509_set_issuer_name(x509, subject);
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name);
  X509_add_ext(x509, names, -1);
  X509_EXTENSION_free(names);
  EXPECT_GT(X509_sign(x509, made->key, EVP_sha256()), 0);
  return made;
}

TEST(ClientTlsTest, CertificatesAreVerified) {
  auto certificate = MakeCertificate("IP:127.0.0.1");
  tests::TempDir dir;
  std::FILE* file = std::fopen(dir.File("ca.pem").c_str(), "w");
  PEM_write_X509(file, certificate->x509);
  std::fclose(file);

  int posts = 0;
  httplib::SSLServer server(certificate->x509, certificate->key);
  server.Post("/alerts", [&](const httplib::Request&, httplib::Response&) { ++posts; });
  int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { server.listen_after_bind(); });
  while (!server.is_running())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  auto post = [&](const std::string& host, const std::string& ca_file) {
    ClientOptions options;
    options.ca_file = ca_file;
    auto client = Client::Make("https://" + host + ":" + std::to_string(port) + "/alerts", options);
    return (*client)->Send({{}, "{}"});
  };
  Response unknown = post("127.0.0.1", "");
  EXPECT_EQ(unknown.error, TransportError::kTls) << unknown.error_detail;
  Response misnamed = post("localhost", dir.File("ca.pem"));
  EXPECT_EQ(misnamed.error, TransportError::kTls) << misnamed.error_detail;
  EXPECT_EQ(posts, 0);
  Response trusted = post("127.0.0.1", dir.File("ca.pem"));
  EXPECT_EQ(trusted.error, TransportError::kNone) << trusted.error_detail;
  EXPECT_EQ(trusted.status, 200);
  EXPECT_EQ(posts, 1);
  server.stop();
  thread.join();
}

// libcurl would resume the session, in which it verifies nothing, and could keep what it has read
// for 24 h.
TEST(ClientTlsTest, AReplacedCaFileCountsAtOnce) {
  auto certificate = MakeCertificate("IP:127.0.0.1");
  auto other = MakeCertificate("IP:127.0.0.1");
  tests::TempDir dir;
  const std::string path = dir.File("ca.pem");
  auto trust = [&](X509* x509) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    PEM_write_X509(file, x509);
    std::fclose(file);
  };
  httplib::SSLServer server(certificate->x509, certificate->key);
  server.Post("/alerts", [&](const httplib::Request&, httplib::Response& response) {
    response.set_header("Connection", "close");  // so that the next request connects anew
  });
  int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { server.listen_after_bind(); });
  while (!server.is_running())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));

  trust(certificate->x509);
  ClientOptions options;
  options.ca_file = path;
  auto client = Client::Make("https://127.0.0.1:" + std::to_string(port) + "/alerts", options);
  ASSERT_TRUE(client);
  EXPECT_EQ((*client)->Send({{}, "{}"}).error, TransportError::kNone);
  trust(other->x509);
  EXPECT_EQ((*client)->Send({{}, "{}"}).error, TransportError::kTls);
  trust(certificate->x509);
  EXPECT_EQ((*client)->Send({{}, "{}"}).error, TransportError::kNone);
  server.stop();
  thread.join();
}

}  // namespace
}  // namespace keywatch::http
