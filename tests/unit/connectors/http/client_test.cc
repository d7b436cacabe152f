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
    Response response = client->Send({{{"x-test", "v1,a= v1,b="}}, body});
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
  Response response = MustMake(receiver.url())->Send({});
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.Header("retry-after"), "7");
  EXPECT_EQ(response.Header("location"), "/x");
  EXPECT_EQ(response.body, std::string(1024, 'b'));
}

TEST(ClientTest, AsksForAnyTargetOfItsHostByAnyMethod) {
  HttpReceiver receiver([](const auto& request) {
    return Answer{
        206, "X-Ms-A: 1\r\nETag: \"0x8\"\r\n", request.target + std::string(9000, 'b'), {}};
  });
  auto client = MustMake(receiver.url());
  Request request;
  request.method = "GET";
  request.target = "/container/a%20b?comp=list&prefix=x%3D1";
  request.headers = {{"x-ms-range", "bytes=8-"}, {"x-empty", ""}};
  request.most_body = 5000;
  Response response = client->Send(request);
  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(response.body.size(), 5000U);
  EXPECT_FALSE(response.body_complete);
  EXPECT_EQ(response.body.substr(0, request.target.size()), request.target);
  EXPECT_EQ(response.Header("etag"), "\"0x8\"");
  EXPECT_EQ(response.Header("x-ms-a"), "1");
  request.method = "HEAD";
  EXPECT_EQ(client->Send(request).body, "");
  request.method = "PUT";
  request.body = "new";
  request.most_body = 20'000;
  EXPECT_TRUE(client->Send(request).body_complete);
  EXPECT_EQ(client->Send({{}, "x"}).status, 206);
  auto received = receiver.received();
  ASSERT_EQ(received.size(), 4U);
  EXPECT_EQ(received[0].method, "GET");
  EXPECT_EQ(received[0].headers.at("x-ms-range"), "bytes=8-");
  EXPECT_EQ(received[0].headers.count("content-length"), 0U);
  EXPECT_EQ(received[1].method, "HEAD");
  EXPECT_EQ(received[2].method, "PUT");
  EXPECT_EQ(received[2].body, "new");
  EXPECT_EQ(received[3].method, "POST");
  EXPECT_EQ(received[3].target, "/alerts");
  EXPECT_EQ(received[3].connection, 1);
}

TEST(ClientTest, PercentEncoding) {
  EXPECT_EQ(PercentEncode("a/b=c d\xC3\xA9~"), "a%2Fb%3Dc%20d%C3%A9~");
  EXPECT_EQ(PercentEncode("a/b=c", "/"), "a/b%3Dc");
}

TEST(ClientTest, AnEndlessAnswerIsCutOff) {
  HttpReceiver receiver([](const auto&) { return Answer{200, "", std::string(3 << 20, 'b'), {}}; });
  Response response = MustMake(receiver.url())->Send({});
  EXPECT_EQ(response.error, TransportError::kNone);
  EXPECT_EQ(response.status, 200);
}

TEST(ClientTest, RedirectsAreNotFollowed) {
  HttpReceiver target;
  HttpReceiver receiver([&](const auto&) {
    return Answer{307, "Location: " + target.url() + "\r\n", "", {}};
  });
  Response response = MustMake(receiver.url())->Send({{}, "x"});
  EXPECT_EQ(response.status, 307);
  EXPECT_EQ(response.Header("location"), target.url());
  EXPECT_TRUE(target.received().empty());
}

TEST(ClientTest, TransportErrors) {
  std::string nobody;
  {
    HttpReceiver gone;
    nobody = gone.url();
  }
  EXPECT_EQ(MustMake(nobody)->Send({}).error, TransportError::kRefused);
  HttpReceiver resets([](const auto&) { return Answer{0, "", "", Answer::Kind::kReset}; });
  EXPECT_EQ(MustMake(resets.url())->Send({{}, "x"}).error, TransportError::kReset);
  HttpReceiver hangs([](const auto&) { return Answer{0, "", "", Answer::Kind::kHang}; });
  ClientOptions hasty;
  hasty.timeout = milliseconds(150);
  Response late = MustMake(hangs.url(), hasty)->Send({{}, "x"});
  EXPECT_EQ(late.error, TransportError::kTimeout);
  EXPECT_NE(late.error_detail, "");
  EXPECT_EQ(MustMake("https://no-such-host.invalid/")->Send({}).error, TransportError::kDns);
  // Plain HTTP behind https://.
  HttpReceiver plain;
  std::string tls = "https" + plain.url().substr(4);
  EXPECT_EQ(MustMake(tls)->Send({}).error, TransportError::kTls);
}

TEST(ClientTest, CancelEndsAWaitAndLaterPosts) {
  HttpReceiver hangs([](const auto&) { return Answer{0, "", "", Answer::Kind::kHang}; });
  auto client = MustMake(hangs.url());
  std::thread canceller([&] {
    hangs.WaitFor(1);
    client->Cancel();
  });
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(client->Send({{}, "x"}).error, TransportError::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
  EXPECT_EQ(client->Send({{}, "x"}).error, TransportError::kCancelled);
  canceller.join();
}

TEST(ClientTest, AddressesAreCheckedWhenConnecting) {
  HttpReceiver receiver;
  ClientOptions options;
  options.addresses.allow_loopback = false;
  Response response = MustMake(receiver.url(), options)->Send({{}, "x"});
  EXPECT_EQ(response.error, TransportError::kPolicy);
  EXPECT_NE(response.error_detail.find("add loopback to allow_addresses"), std::string::npos);
  EXPECT_TRUE(receiver.received().empty());
  ClientOptions insecure;
  insecure.allow_insecure_http = true;
  for (const char* url : {"http://169.254.169.254/latest/meta-data",
                          "http://[fe80::1]/",
                          "http://[::ffff:169.254.169.254]/",
                          "http://2852039166/",
                          "http://0.0.0.0/"}) {
    EXPECT_EQ(MustMake(url, insecure)->Send({}).error, TransportError::kPolicy) << url;
  }
}

TEST(ClientTest, ProxiesOfTheEnvironmentAreIgnored) {
  HttpReceiver proxy;
  HttpReceiver receiver;
  setenv("http_proxy", ("http://127.0.0.1:" + std::to_string(proxy.port())).c_str(), 1);
  EXPECT_EQ(MustMake(receiver.url())->Send({{}, "x"}).status, 200);
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
