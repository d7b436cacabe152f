#include "connectors/http/client.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/support/http_receiver.h"

namespace keywatch::http {
namespace {

using std::chrono::milliseconds;
using tests::HttpReceiver;
using Answer = HttpReceiver::Answer;

std::unique_ptr<Client> MustMake(const std::string& url, ClientOptions options = {}) {
  Result<std::unique_ptr<Client>> made = Client::Make(url, std::move(options));
  EXPECT_TRUE(made) << (made ? "" : made.error().message());
  return made ? std::move(made).value() : nullptr;
}

TEST(ClientTest, PostsBodyAndHeadersOverOneConnection) {
  HttpReceiver receiver;
  auto client = MustMake(receiver.url());
  std::string body = "{\"a\":\"é\"}" + std::string(100'000, ' ');
  for (int i = 0; i < 3; ++i) {
    Response response = client->Post({{{"x-test", "v1,a= v1,b="}}, body});
    EXPECT_EQ(response.error, TransportError::kNone);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "ok");
  }
  auto received = receiver.received();
  ASSERT_EQ(received.size(), 3U);
  for (const auto& request : received) {
    EXPECT_EQ(request.body, body);
    EXPECT_EQ(request.headers.at("x-test"), "v1,a= v1,b=");
    EXPECT_EQ(request.headers.at("user-agent"), "keywatch");
    EXPECT_EQ(request.connection, 1);
  }
}

TEST(ClientTest, ReadsWhatTheOutcomeNeeds) {
  HttpReceiver receiver([](const auto&) {
    return Answer{429, "Retry-After:  7 \r\nLOCATION: /x\r\n", std::string(5000, 'b'), {}};
  });
  Response response = MustMake(receiver.url())->Post({});
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.retry_after, "7");
  EXPECT_EQ(response.location, "/x");
  EXPECT_EQ(response.body, std::string(1024, 'b'));
}

TEST(ClientTest, AnEndlessAnswerIsCutOff) {
  HttpReceiver receiver([](const auto&) { return Answer{200, "", std::string(3 << 20, 'b'), {}}; });
  Response response = MustMake(receiver.url())->Post({});
  EXPECT_EQ(response.error, TransportError::kNone);
  EXPECT_EQ(response.status, 200);
}

TEST(ClientTest, RedirectsAreNotFollowed) {
  HttpReceiver target;
  HttpReceiver receiver([&](const auto&) {
    return Answer{307, "Location: " + target.url() + "\r\n", "", {}};
  });
  Response response = MustMake(receiver.url())->Post({{}, "x"});
  EXPECT_EQ(response.status, 307);
  EXPECT_EQ(response.location, target.url());
  EXPECT_TRUE(target.received().empty());
}

TEST(ClientTest, TransportErrors) {
  std::string nobody;
  {
    HttpReceiver gone;
    nobody = gone.url();
  }
  EXPECT_EQ(MustMake(nobody)->Post({}).error, TransportError::kRefused);
  HttpReceiver resets([](const auto&) { return Answer{0, "", "", Answer::Kind::kReset}; });
  EXPECT_EQ(MustMake(resets.url())->Post({{}, "x"}).error, TransportError::kReset);
  HttpReceiver hangs([](const auto&) { return Answer{0, "", "", Answer::Kind::kHang}; });
  ClientOptions hasty;
  hasty.timeout = milliseconds(150);
  Response late = MustMake(hangs.url(), hasty)->Post({{}, "x"});
  EXPECT_EQ(late.error, TransportError::kTimeout);
  EXPECT_NE(late.error_detail, "");
  EXPECT_EQ(MustMake("https://no-such-host.invalid/")->Post({}).error, TransportError::kDns);
  // Plain HTTP behind https://.
  HttpReceiver plain;
  std::string tls = "https" + plain.url().substr(4);
  EXPECT_EQ(MustMake(tls, hasty)->Post({}).error, TransportError::kTls);
}

TEST(ClientTest, CancelEndsAWaitAndLaterPosts) {
  HttpReceiver hangs([](const auto&) { return Answer{0, "", "", Answer::Kind::kHang}; });
  auto client = MustMake(hangs.url());
  std::thread canceller([&] {
    hangs.WaitFor(1);
    client->Cancel();
  });
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(client->Post({{}, "x"}).error, TransportError::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
  EXPECT_EQ(client->Post({{}, "x"}).error, TransportError::kCancelled);
  canceller.join();
}

TEST(ClientTest, AddressesAreCheckedWhenConnecting) {
  HttpReceiver receiver;
  ClientOptions options;
  options.addresses.allow_loopback = false;
  Response response = MustMake(receiver.url(), options)->Post({{}, "x"});
  EXPECT_EQ(response.error, TransportError::kPolicy);
  EXPECT_NE(response.error_detail.find("allow_loopback"), std::string::npos);
  EXPECT_TRUE(receiver.received().empty());
  ClientOptions insecure;
  insecure.allow_insecure_http = true;
  for (const char* url : {"http://169.254.169.254/latest/meta-data",
                          "http://[fe80::1]/",
                          "http://[::ffff:169.254.169.254]/",
                          "http://2852039166/",
                          "http://0.0.0.0/"}) {
    EXPECT_EQ(MustMake(url, insecure)->Post({}).error, TransportError::kPolicy) << url;
  }
}

TEST(ClientTest, ProxiesOfTheEnvironmentAreIgnored) {
  HttpReceiver proxy;
  HttpReceiver receiver;
  setenv("http_proxy", ("http://127.0.0.1:" + std::to_string(proxy.port())).c_str(), 1);
  EXPECT_EQ(MustMake(receiver.url())->Post({{}, "x"}).status, 200);
  unsetenv("http_proxy");
  EXPECT_TRUE(proxy.received().empty());
}

TEST(ClientTest, UrlsThatAreRefused) {
  for (const char* url : {"",
                          "example.com/x",
                          "ftp://example.com/",
                          "file:///etc/passwd",
                          "https://user:pass@example.com/",
                          "http://example.com/",
                          "http://10.0.0.1/",
                          "http://127.0.0.1.example.com/",
                          "https://"}) {
    EXPECT_FALSE(Client::Make(url, {})) << url;
  }
  for (const char* url : {"https://example.com/x",
                          "http://localhost:8080/",
                          "http://127.1.2.3/",
                          "http://[::1]:1/",
                          "HTTPS://EXAMPLE.com"}) {
    EXPECT_TRUE(Client::Make(url, {})) << url;
  }
  ClientOptions insecure;
  insecure.allow_insecure_http = true;
  EXPECT_TRUE(Client::Make("http://example.com/", insecure));
  Result<std::unique_ptr<Client>> secret = Client::Make("https://user:hunter2@example.com/", {});
  EXPECT_EQ(secret.error().message().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace keywatch::http
