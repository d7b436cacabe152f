#include "connectors/push/push_source.h"

#include <gtest/gtest.h>

#include "connectors/http/client.h"
#include "tests/support/packed.h"
#include "tests/support/temp_dir.h"
#include "tests/support/text_match.h"

namespace keywatch::push {
namespace {

using std::chrono::milliseconds;
using tests::Has;

class PushSourceTest : public testing::Test {
 protected:
  PushSourceTest() {
    options_.spool.folder = dir_.File("spool");
    options_.server.most_body = 1000;
    options_.tokens = Secret("secret-token");
  }
  void Open(const pipeline::Positions& restored = {}) {
    source_ = std::make_unique<PushSource>(options_, &metrics_);
    Status opened = source_->Open(restored);
    ASSERT_TRUE(opened.ok()) << opened.message();
  }
  http::Response Post(const std::string& body,
                      http::Headers headers = {{"Authorization", "Bearer secret-token"}},
                      const std::string& path = "/v1/records") {
    auto client =
        http::Client::Make("http://127.0.0.1:" + std::to_string(source_->port()) + path, {});
    http::Request request;
    request.headers = std::move(headers);
    request.body = body;
    return (*client)->Send(request);
  }
  std::vector<std::string> Poll(pipeline::Positions* positions = nullptr) {
    Result<pipeline::RawBatch> batch = source_->Poll(milliseconds(0));
    EXPECT_TRUE(batch);
    std::vector<std::string> texts;
    for (const pipeline::RawMessage& message : batch->messages) {
      EXPECT_EQ(*message.origin, "http/spool");
      texts.emplace_back(message.bytes);
    }
    if (positions != nullptr) {
      for (const auto& [partition, next] : batch->next)
        (*positions)[partition] = next;
    }
    return texts;
  }

  tests::TempDir dir_;
  MetricRegistry metrics_;
  PushOptions options_;
  std::unique_ptr<PushSource> source_;
};

TEST_F(PushSourceTest, WhatIsAcceptedIsReadVerbatim) {
  Open();
  EXPECT_EQ(Post("{\"records\":[1]}\n\n").status, 202);
  http::Headers packed = {{"Authorization", "Bearer secret-token"}, {"Content-Encoding", "gzip"}};
  EXPECT_EQ(Post(tests::Gzip("packed"), packed).status, 202);
  EXPECT_EQ(source_->Health().lag_records, 2);
  EXPECT_EQ(Poll(), (std::vector<std::string>{"{\"records\":[1]}\n\n", "packed"}));
  EXPECT_EQ(source_->Health().lag_records, 0);
  EXPECT_TRUE(source_->Health().connected);
  EXPECT_TRUE(source_->Health().assigned);
  source_->Close();  // an answer is counted when it is sent
  EXPECT_TRUE(
      Has(metrics_.Expose(), "keywatch_push_requests_total{code=\"202\",source=\"http\"} 2"));
}

TEST_F(PushSourceTest, WhatIsRefusedIsNotRead) {
  Open();
  EXPECT_EQ(Post("x", {}).status, 401);
  EXPECT_EQ(Post("x", {{"Authorization", "Bearer other"}}).Header("www-authenticate"), "Bearer");
  EXPECT_EQ(Post("").status, 400);
  EXPECT_EQ(Post("x", {{"Authorization", "Bearer secret-token"}}, "/v1/other").status, 404);
  EXPECT_EQ(Post(std::string(1001, 'x')).status, 413);
  http::Headers packed = {{"Authorization", "Bearer secret-token"}, {"Content-Encoding", "gzip"}};
  EXPECT_EQ(Post(tests::Gzip(std::string(100'000, 'x')), packed).status, 413);
  EXPECT_EQ(Post("not gzip", packed).status, 400);
  packed[1].second = "zstd";
  EXPECT_EQ(Post("x", packed).status, 415);
  EXPECT_TRUE(Poll().empty());
  source_->Close();
  std::string page = metrics_.Expose();
  EXPECT_TRUE(Has(page, "keywatch_push_requests_total{code=\"401\",source=\"http\"} 2"));
  EXPECT_TRUE(Has(page, "keywatch_push_requests_total{code=\"413\",source=\"http\"} 2"));
  EXPECT_TRUE(Has(page, "keywatch_push_requests_total{code=\"400\",source=\"http\"} 2"));
}

TEST_F(PushSourceTest, APackedBodyThatIsCutOffIsNotTaken) {
  Open();
  http::Headers headers = {{"Authorization", "Bearer secret-token"}, {"Content-Encoding", "gzip"}};
  const std::string packed = tests::Gzip("{\"records\":[1]}\n{\"records\":[2]}\n");
  for (size_t missing : {size_t{1}, size_t{8}, packed.size() / 2}) {
    http::Response answer = Post(packed.substr(0, packed.size() - missing), headers);
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(Has(answer.body, "the body is cut off")) << answer.body;
  }
  EXPECT_TRUE(Poll().empty());
  EXPECT_EQ(source_->Health().lag_records, 0);
  EXPECT_EQ(Post(packed, headers).status, 202);
  EXPECT_EQ(Poll().size(), 1U);
}

TEST_F(PushSourceTest, AFullSpoolAsksToComeAgain) {
  options_.spool.most_bytes = 200;
  Open();
  EXPECT_EQ(Post(std::string(150, 'x')).status, 202);
  http::Response full = Post(std::string(150, 'x'));
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(full.Header("retry-after"), "5");
  EXPECT_TRUE(Has(metrics_.Expose(), "keywatch_push_spool_limit_bytes{source=\"http\"} 200"));
  (void)source_->Health();
  EXPECT_TRUE(Has(metrics_.Expose(), "keywatch_push_spool_bytes{source=\"http\"} 162"));
  pipeline::Positions positions;
  EXPECT_EQ(Poll(&positions).size(), 1U);
  source_->Commit(positions);
  EXPECT_EQ(Post(std::string(150, 'x')).status, 202);
}

TEST_F(PushSourceTest, ARestartGoesOnAtTheSnapshot) {
  Open();
  Post("one");
  pipeline::Positions positions;
  Poll(&positions);
  Post("two");
  Poll();  // after the snapshot
  source_->Close();
  Open(positions);
  EXPECT_EQ(Poll(), std::vector<std::string>{"two"});
}

TEST_F(PushSourceTest, ATakenPortIsSaid) {
  Open();
  options_.port = source_->port();
  options_.spool.folder = dir_.File("other");
  PushSource second(options_, &metrics_);
  EXPECT_TRUE(Has(second.Open({}).message(), "source http: cannot listen on 127.0.0.1"));
}

}  // namespace
}  // namespace keywatch::push
