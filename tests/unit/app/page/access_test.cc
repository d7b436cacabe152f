#include "app/page/access.h"

#include <gtest/gtest.h>

namespace keywatch::app::page {
namespace {

using record::Ticks;
using Headers = std::map<std::string, std::string>;

constexpr Ticks kRequestTime = record::kUnixEpoch + 20'000 * record::kTicksPerDay;
const std::string kToken = "0123456789abcdef0123456789abcdef";

Access Of(const AccessRules& rules, const Headers& headers, Ticks now = kRequestTime) {
  http::ServerRequest request;
  request.method = "GET";
  request.path = "/";
  request.headers = headers;
  return Decide(rules, request, now).access;
}

std::string CookieOf(const AccessRules& rules, Ticks now = kRequestTime) {
  std::string cookie = SessionCookie(rules, now, false);
  return "other=1; " + cookie.substr(0, cookie.find(';'));
}

TEST(Access, OnLoopbackWithoutATokenUnderLoopbackNamesOnly) {
  AccessRules rules{false, "", true};
  for (const char* host :
       {"127.0.0.1:9464", "127.0.0.1", "localhost:9464", "LOCALHOST", "[::1]:9464"})
    EXPECT_EQ(Of(rules, {{"host", host}}), Access::kAllowed) << host;
  // A name that a web site points to 127.0.0.1 is not one of them.
  for (const char* host : {"evil.example:9464",
                           "127.0.0.1.evil.example",
                           "localhost.evil.example",
                           "",
                           "[::1",
                           "0.0.0.0:9464"})
    EXPECT_EQ(Of(rules, {{"host", host}}), Access::kForbidden) << host;
}

TEST(Access, BeyondLoopbackWithoutATokenNobody) {
  http::ServerRequest request;
  request.headers = {{"host", "localhost"}, {"authorization", "Bearer "}};
  AccessDecision decision = Decide({false, "", false}, request, kRequestTime);
  EXPECT_EQ(decision.access, Access::kForbidden);
  EXPECT_NE(decision.reason.find("http.token_file"), std::string::npos);
}

TEST(Access, ByToken) {
  AccessRules rules{true, kToken, false};
  EXPECT_EQ(Of(rules, {}), Access::kSignIn);
  EXPECT_EQ(Of(rules, {{"authorization", "Bearer " + kToken}}), Access::kAllowed);
  EXPECT_EQ(Of(rules, {{"authorization", "bearer " + kToken}}), Access::kAllowed);
  EXPECT_EQ(Of(rules, {{"authorization", "Bearer " + kToken + "0"}}), Access::kSignIn);
  EXPECT_EQ(Of(rules, {{"authorization", "Bearer "}}), Access::kSignIn);
  EXPECT_EQ(Of({true, kToken, true}, {{"host", "localhost"}}), Access::kSignIn)
      << "on loopback too: who set a token wants it asked for";
}

TEST(Access, AnEmptyOrShortTokenLetsNobodyIn) {
  EXPECT_EQ(Of({true, "", false}, {{"authorization", "Bearer "}}), Access::kSignIn);
  EXPECT_EQ(Of({true, "short", false}, {{"authorization", "Bearer short"}}), Access::kSignIn);
}

TEST(Access, ASessionEndsWithItsTimeAndItsToken) {
  AccessRules rules{true, kToken, false};
  std::string cookie = CookieOf(rules);
  EXPECT_EQ(cookie.find(kToken), std::string::npos);
  EXPECT_EQ(Of(rules, {{"cookie", cookie}}), Access::kAllowed);
  EXPECT_EQ(Of(rules, {{"cookie", cookie}}, kRequestTime + kSessionLength + 1), Access::kSignIn);
  EXPECT_EQ(Of({true, kToken + "new", false}, {{"cookie", cookie}}), Access::kSignIn);
  EXPECT_EQ(Of(rules, {{"cookie", cookie + "0"}}), Access::kSignIn);
  std::string forged = cookie;
  forged[forged.find('=', 8) + 1] = '9';
  EXPECT_EQ(Of(rules, {{"cookie", forged}}), Access::kSignIn);
  EXPECT_EQ(Of(rules, {{"cookie", "keywatch_session="}}), Access::kSignIn);
}

TEST(Access, TheCookieIsForThisSiteAndNotForScripts) {
  std::string cookie = SessionCookie({true, kToken, false}, kRequestTime, true);
  for (const char* part :
       {"; HttpOnly", "; SameSite=Strict", "; Secure", "; Path=/", "Max-Age=43200"})
    EXPECT_NE(cookie.find(part), std::string::npos) << part;
  EXPECT_EQ(SessionCookie({true, kToken, false}, kRequestTime, false).find("Secure"),
            std::string::npos);
}

TEST(Access, ALinkFromElsewhereIsAskedForAgain) {
  AccessRules rules{true, kToken, false};
  Headers link = {{"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "navigate"}};
  EXPECT_EQ(Of(rules, link), Access::kSameAgain);
  link["sec-fetch-site"] = "same-origin";
  EXPECT_EQ(Of(rules, link), Access::kSignIn);
}

TEST(Access, AfterSigningInNobodyIsSentElsewhere) {
  EXPECT_EQ(SafePath("/alerts/1?x=2"), "/alerts/1?x=2");
  for (const char* path : {"",
                           "//evil.example",
                           "https://evil.example",
                           "/\\evil.example",
                           "/a\r\nSet-Cookie: x",
                           "alerts"})
    EXPECT_EQ(SafePath(path), "/") << path;
}

TEST(Access, LoopbackNames) {
  EXPECT_TRUE(IsLoopbackName("127.1.2.3"));
  EXPECT_TRUE(IsLoopbackName("::1"));
  EXPECT_FALSE(IsLoopbackName("0.0.0.0"));
  EXPECT_FALSE(IsLoopbackName("127.example.com"));
}

}  // namespace
}  // namespace keywatch::app::page
