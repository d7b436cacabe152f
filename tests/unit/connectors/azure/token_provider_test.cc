#include "connectors/azure/token_provider.h"

#include <atomic>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/http_receiver.h"
#include "tests/support/temp_dir.h"

namespace keywatch::azure {
namespace {

using std::chrono::milliseconds;
using tests::HttpReceiver;

constexpr record::Ticks kStart = record::kUnixEpoch + 1'700'000'000 * record::kTicksPerSecond;

// An authority whose answers a test decides, and a clock that it moves.
class TokenProviderTest : public testing::Test {
 protected:
  std::unique_ptr<TokenProvider> Make(const HttpReceiver& authority) {
    TokenProviderOptions options;
    options.credential.kind = CredentialKind::kClientSecret;
    options.credential.authority = fmt::format("http://127.0.0.1:{}", authority.port());
    options.credential.tenant_id = "tenant";
    options.credential.client_id = "app";
    options.credential.client_secret = Secret("password");
    options.scope = "https://ns.servicebus.windows.net/.default";
    options.in_round = {milliseconds(1), milliseconds(2), 2.0};
    options.between_rounds = {milliseconds(1'000), milliseconds(30'000), 2.0};
    options.now = [this] { return now_.load(); };
    Result<std::unique_ptr<TokenProvider>> made = MakeTokenProvider(std::move(options));
    EXPECT_TRUE(made) << made.error().message();
    return std::move(*made);
  }

  void Pass(int64_t seconds) { now_ += seconds * record::kTicksPerSecond; }

  static HttpReceiver::Answer Gives(const std::string& token, int seconds = 3600) {
    HttpReceiver::Answer answer;
    answer.body = fmt::format(R"({{"access_token":"{}","expires_in":{}}})", token, seconds);
    return answer;
  }
  static HttpReceiver::Answer Says(int status) {
    HttpReceiver::Answer answer;
    answer.status = status;
    answer.body = R"({"error_description":"AADSTS7000215: Invalid client secret provided."})";
    return answer;
  }

  std::atomic<record::Ticks> now_{kStart};
  std::atomic<int> asked_{0};
};

TEST_F(TokenProviderTest, KeepsATokenAndRenewsItAtHalfOfItsLife) {
  HttpReceiver authority([&](const auto&) { return Gives(fmt::format("t{}", ++asked_)); });
  auto provider = Make(authority);
  EXPECT_EQ(provider->Token()->text, "t1");
  EXPECT_EQ(provider->Token()->expires, kStart + 3600 * record::kTicksPerSecond);
  Pass(1'799);
  EXPECT_EQ(provider->Token()->text, "t1");
  Pass(2);
  EXPECT_EQ(provider->Token()->text, "t2");
  EXPECT_EQ(authority.received()[0].target, "/tenant/oauth2/v2.0/token");
  EXPECT_EQ(authority.received()[0].method, "POST");
}

TEST_F(TokenProviderTest, TheOldTokenServesWhileRenewalFails) {
  HttpReceiver authority([&](const auto&) { return ++asked_ == 1 ? Gives("t1") : Says(503); });
  auto provider = Make(authority);
  EXPECT_TRUE(provider->Token());
  Pass(2'000);
  EXPECT_EQ(provider->Token()->text, "t1");
  EXPECT_EQ(asked_, 1 + 4);  // a round of four attempts
  EXPECT_EQ(provider->Token()->text, "t1");
  EXPECT_EQ(asked_, 1 + 4);  // not again at once
  Pass(1'601);
  Result<AccessToken> ended = provider->Token();
  EXPECT_FALSE(ended);
  EXPECT_EQ(ended.error().code(), StatusCode::kUnavailable);
}

TEST_F(TokenProviderTest, TriesAgainWhereThatCanHelp) {
  HttpReceiver authority([&](const auto&) { return ++asked_ < 3 ? Says(429) : Gives("t"); });
  auto provider = Make(authority);
  EXPECT_EQ(provider->Token()->text, "t");
  EXPECT_EQ(asked_, 3);
}

TEST_F(TokenProviderTest, ARefusalIsToldAtOnceAndEndsWhenMended) {
  std::atomic<bool> mended{false};
  HttpReceiver authority([&](const auto&) {
    ++asked_;
    return mended ? Gives("t") : Says(401);
  });
  auto provider = Make(authority);
  Result<AccessToken> refused = provider->Token();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("client secret is wrong"), std::string::npos);
  EXPECT_EQ(refused.error().message().find("password"), std::string::npos);
  mended = true;
  EXPECT_FALSE(provider->Token());
  EXPECT_EQ(asked_, 1);  // the error is remembered for a second
  Pass(2);
  EXPECT_EQ(provider->Token()->text, "t");
}

TEST_F(TokenProviderTest, ARefusedTokenIsReplacedButNotInALoop) {
  HttpReceiver authority([&](const auto&) { return Gives(fmt::format("t{}", ++asked_)); });
  auto provider = Make(authority);
  EXPECT_EQ(provider->Token()->text, "t1");
  provider->Refused("t1");
  EXPECT_EQ(provider->Token()->text, "t1");  // seconds old: another one would be refused as well
  Pass(11);
  provider->Refused("t0");
  EXPECT_EQ(provider->Token()->text, "t1");
  provider->Refused("t1");
  EXPECT_EQ(provider->Token()->text, "t2");
}

TEST_F(TokenProviderTest, OneThreadFetchesForAll) {
  HttpReceiver authority([&](const auto&) {
    ++asked_;
    std::this_thread::sleep_for(milliseconds(50));
    return Gives("t");
  });
  auto provider = Make(authority);
  std::atomic<int> got{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { got += provider->Token() ? 1 : 0; });
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(got, 8);
  EXPECT_EQ(asked_, 1);
}

TEST_F(TokenProviderTest, CancelEndsAWait) {
  HttpReceiver authority([&](const auto&) {
    HttpReceiver::Answer answer;
    answer.kind = HttpReceiver::Answer::Kind::kHang;
    return answer;
  });
  auto provider = Make(authority);
  std::thread waiting([&] { EXPECT_FALSE(provider->Token()); });
  std::this_thread::sleep_for(milliseconds(50));
  const auto begun = std::chrono::steady_clock::now();
  provider->Cancel();
  waiting.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3));
  EXPECT_FALSE(provider->Token());
}

TEST_F(TokenProviderTest, ArcIsAskedTwice) {
  tests::TempDir dir;
  tests::WriteFile(dir.File("a.key"), "proof");
  HttpReceiver arc([&](const HttpReceiver::Received& request) {
    if (request.headers.contains("authorization"))
      return Gives(request.headers.at("authorization") == "Basic proof" ? "t" : "");
    HttpReceiver::Answer answer;
    answer.status = 401;
    answer.headers = "Www-Authenticate: Basic realm=" + dir.File("a.key") + "\r\n";
    return answer;
  });
  TokenProviderOptions options;
  options.credential.identity_endpoint =
      fmt::format("http://127.0.0.1:{}/metadata/identity/oauth2/token", arc.port());
  options.credential.arc_key_folder = dir.path();
  options.scope = "https://monitor.azure.com/.default";
  auto provider = MakeTokenProvider(std::move(options));
  ASSERT_TRUE(provider);
  Result<AccessToken> token = (*provider)->Token();
  ASSERT_TRUE(token) << token.error().message();
  EXPECT_EQ(token->text, "t");
  EXPECT_EQ(arc.received()[0].headers.at("metadata"), "true");
}

TEST_F(TokenProviderTest, RefusesWhatCannotWork) {
  TokenProviderOptions options;
  options.credential.kind = CredentialKind::kClientCertificate;
  options.credential.tenant_id = "t";
  options.credential.client_id = "c";
  options.credential.certificate = Secret("no PEM");
  options.scope = "s";
  EXPECT_FALSE(MakeTokenProvider(options));
  options.credential.kind = CredentialKind::kClientSecret;
  EXPECT_TRUE(MakeTokenProvider(options));
  options.credential.authority = "http://login.example.com";  // would show the secret
  EXPECT_FALSE(MakeTokenProvider(options));
  options.credential.authority = "https://login.example.com";
  options.credential.tenant_id = "";
  EXPECT_FALSE(MakeTokenProvider(options));
}

}  // namespace
}  // namespace keywatch::azure
