#include "connectors/push/push_policy.h"

#include <gtest/gtest.h>

namespace keywatch::push {
namespace {

TEST(PushPolicy, ATokenOfTheListIsNeeded) {
  const std::string tokens = "new-token\n  old-token \r\n\n";
  EXPECT_TRUE(IsAuthorized("Bearer new-token", tokens));
  EXPECT_TRUE(IsAuthorized("bearer  old-token", tokens));
  for (const char* wrong : {"",
                            "Bearer",
                            "Bearer ",
                            "Bearer new-toke",
                            "Bearer new-token2",
                            "Basic new-token",
                            "new-token",
                            "Bearer new-token\nold-token"}) {
    EXPECT_FALSE(IsAuthorized(wrong, tokens)) << wrong;
  }
  EXPECT_FALSE(IsAuthorized("Bearer x", ""));
  EXPECT_FALSE(IsAuthorized("Bearer ", "\n"));
}

TEST(PushPolicy, Loopback) {
  for (const char* own : {"127.0.0.1", "127.1.2.3", "::1", "localhost"})
    EXPECT_TRUE(IsLoopback(own)) << own;
  for (const char* other : {"0.0.0.0", "::", "10.0.0.1", "example.org", ""})
    EXPECT_FALSE(IsLoopback(other)) << other;
}

TEST(PushPolicy, Answers) {
  EXPECT_EQ(Refuse(400, "a \"b\"").body, "{\"error\":\"a \\\"b\\\"\"}\n");
  http::ServerReply later = RefuseForNow(429, "full", 5);
  EXPECT_EQ(later.status, 429);
  EXPECT_EQ(later.headers[0], (std::pair<std::string, std::string>("Retry-After", "5")));
  http::ServerRequest request;
  EXPECT_EQ(CheckEncoding(request).status, 200);
  request.headers["content-encoding"] = "gzip";
  EXPECT_EQ(CheckEncoding(request).status, 200);
  request.headers["content-encoding"] = "zstd";
  EXPECT_EQ(CheckEncoding(request).status, 415);
}

}  // namespace
}  // namespace keywatch::push
