#include "connectors/http/server_tls.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "connectors/http/client.h"
#include "connectors/http/server.h"
#include "engine/base/log.h"
#include "tests/support/rsa_certificate.h"
#include "tests/support/temp_dir.h"

namespace keywatch::http {
namespace {

using std::chrono::milliseconds;
using tests::TestCertificate;

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;

std::unique_ptr<TestCertificate> Make(const char* alternative = nullptr) {
  return std::make_unique<TestCertificate>(EVP_EC_gen("P-256"), alternative);
}

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
}

struct Handshake {
  bool accepted = false;     // by the server
  bool as_expected = false;  // the client saw this certificate
};

// A handshake in memory: with the server's context, a client that shows `shown` (or nothing) and
// looks for `expected`.
Handshake Shake(SSL_CTX* server_context,
                const TestCertificate& expected,
                const TestCertificate* shown = nullptr) {
  Context client_context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (shown != nullptr) {
    SSL_CTX_use_certificate(client_context.get(), shown->x509());
    SSL_CTX_use_PrivateKey(client_context.get(), shown->key());
  }
  Connection server(SSL_new(server_context), SSL_free);
  Connection client(SSL_new(client_context.get()), SSL_free);
  BIO* server_end = nullptr;
  BIO* client_end = nullptr;
  BIO_new_bio_pair(&server_end, 0, &client_end, 0);
  SSL_set_bio(server.get(), server_end, server_end);
  SSL_set_bio(client.get(), client_end, client_end);
  SSL_set_accept_state(server.get());
  SSL_set_connect_state(client.get());
  Handshake out;
  for (int turn = 0; turn < 20 && !out.accepted; ++turn) {
    SSL_do_handshake(client.get());
    out.accepted = SSL_do_handshake(server.get()) == 1;
  }
  X509* seen = SSL_get0_peer_certificate(client.get());
  out.as_expected = seen != nullptr && X509_cmp(seen, expected.x509()) == 0;
  return out;
}

class ServerTlsTest : public testing::Test {
 protected:
  void Use(const TestCertificate& certificate) {
    Write(files_.cert, certificate.CertificatePem());
    Write(files_.key, certificate.KeyPem());
  }
  bool Serves(const TestCertificate& certificate, const TestCertificate* shown = nullptr) {
    Handshake done = Shake(context_.get(), certificate, shown);
    return done.accepted && done.as_expected;
  }

  tests::TempDir dir_;
  ServerTlsFiles files_{dir_.File("cert.pem"), dir_.File("key.pem"), ""};
  Context context_{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
};

TEST_F(ServerTlsTest, RenewedFilesAreServed) {
  auto old_one = Make();
  auto new_one = Make();
  Use(*old_one);
  ServerTls tls(files_, milliseconds(0));
  ASSERT_TRUE(tls.Attach(context_.get()).ok());
  EXPECT_TRUE(Serves(*old_one));
  Use(*new_one);
  EXPECT_TRUE(Serves(*new_one));
  // One of another kind of key.
  TestCertificate rsa;
  Use(rsa);
  EXPECT_TRUE(Serves(rsa));
}

TEST_F(ServerTlsTest, UnusableFilesKeepTheLastGoodOnes) {
  auto old_one = Make();
  auto new_one = Make();
  Use(*old_one);
  ServerTls tls(files_, milliseconds(0));
  ASSERT_TRUE(tls.Attach(context_.get()).ok());
  const uint64_t told = LogLineCount(LogLevel::kError);
  Write(files_.cert, new_one->CertificatePem());  // its key is not there yet
  EXPECT_TRUE(Serves(*old_one));
  EXPECT_TRUE(Serves(*old_one));
  EXPECT_EQ(LogLineCount(LogLevel::kError), told + 1) << "said once";
  Write(files_.key, new_one->KeyPem());
  EXPECT_TRUE(Serves(*new_one));
  std::remove(files_.cert.c_str());
  EXPECT_TRUE(Serves(*new_one));
  EXPECT_EQ(LogLineCount(LogLevel::kError), told + 2);
  Use(*old_one);
  EXPECT_TRUE(Serves(*old_one));
}

TEST_F(ServerTlsTest, AReplacedClientCaCountsForTheNextConnection) {
  auto certificate = Make();
  auto first = Make();
  auto second = Make();
  Use(*certificate);
  files_.client_ca = dir_.File("clients.pem");
  Write(files_.client_ca, first->CertificatePem());
  ServerTls tls(files_, milliseconds(0));
  ASSERT_TRUE(tls.Attach(context_.get()).ok());
  EXPECT_TRUE(Serves(*certificate, first.get()));
  EXPECT_FALSE(Serves(*certificate, second.get()));
  EXPECT_FALSE(Serves(*certificate));
  Write(files_.client_ca, second->CertificatePem());
  EXPECT_FALSE(Serves(*certificate, first.get()));
  EXPECT_TRUE(Serves(*certificate, second.get()));
  Write(files_.client_ca, "no certificate");
  EXPECT_TRUE(Serves(*certificate, second.get()));
  EXPECT_FALSE(Serves(*certificate, first.get()));
}

TEST_F(ServerTlsTest, IsNotReadBeforeTheIntervalIsOver) {
  auto old_one = Make();
  Use(*old_one);
  ServerTls tls(files_, std::chrono::hours(1));
  ASSERT_TRUE(tls.Attach(context_.get()).ok());
  Use(*Make());
  EXPECT_TRUE(Serves(*old_one));
}

TEST_F(ServerTlsTest, NamesTheFileThatCannotBeUsed) {
  auto certificate = Make();
  Use(*certificate);
  Write(files_.key, Make()->KeyPem());
  Status attached = ServerTls(files_).Attach(context_.get());
  ASSERT_FALSE(attached.ok());
  EXPECT_NE(attached.message().find("the key " + files_.key), std::string::npos)
      << attached.message();
  Use(*certificate);
  files_.client_ca = "/no/such/ca.pem";
  attached = ServerTls(files_).Attach(context_.get());
  ASSERT_FALSE(attached.ok());
  EXPECT_NE(attached.message().find("the client CA /no/such/ca.pem"), std::string::npos)
      << attached.message();
}

// The same through the server: it is asked by each of its connections.
TEST_F(ServerTlsTest, AServerNeedsNoRestart) {
  auto old_one = Make("IP:127.0.0.1");
  auto new_one = Make("IP:127.0.0.1");
  Use(*old_one);
  ServerOptions options;
  options.cert_file = files_.cert;
  options.key_file = files_.key;
  Server server(options);
  server.Get("/healthz", [](const ServerRequest&) { return ServerReply{}; });
  Status started = server.Start();
  ASSERT_TRUE(started.ok()) << started.message();
  auto trusts = [&](const TestCertificate& certificate) {
    ClientOptions client_options;
    client_options.ca_file = dir_.File("ca.pem");
    Write(client_options.ca_file, certificate.CertificatePem());
    auto client = Client::Make("https://127.0.0.1:" + std::to_string(server.port()) + "/healthz",
                               client_options);
    return (*client)->Send({{}, "", "GET"}).status == 200;
  };
  EXPECT_TRUE(trusts(*old_one));
  Use(*new_one);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!trusts(*new_one) && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(milliseconds(50));
  EXPECT_TRUE(trusts(*new_one));
  EXPECT_FALSE(trusts(*old_one));
}

}  // namespace
}  // namespace keywatch::http
