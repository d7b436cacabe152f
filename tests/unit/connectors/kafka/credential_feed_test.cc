#include "connectors/kafka/credential_feed.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include <gtest/gtest.h>

#include "connectors/kafka/client_property.h"
#include "connectors/kafka/handles.h"

namespace keywatch::kafka {
namespace {

using std::chrono::seconds;

// Gives what it is told to give, and remembers what it was told.
class ScriptedTokens final : public azure::TokenProvider {
 public:
  Result<azure::AccessToken> Token() override {
    std::lock_guard lock(mutex_);
    ++asked;
    if (text_.empty())
      return Unavailable("the secret has expired");
    return azure::AccessToken{text_, record::WallNow() + record::kTicksPerHour};
  }
  void Refused(const std::string& token) override {
    std::lock_guard lock(mutex_);
    refused_ = token;
  }
  void Cancel() override { cancelled = true; }

  void Give(const std::string& text) {
    std::lock_guard lock(mutex_);
    text_ = text;
  }
  std::string refused() {
    std::lock_guard lock(mutex_);
    return refused_;
  }

  std::atomic<int> asked{0};
  std::atomic<bool> cancelled{false};

 private:
  std::mutex mutex_;
  std::string text_;
  std::string refused_;
};

class CredentialFeedTest : public testing::Test {
 protected:
  CredentialFeedTest() {
    settings_.brokers = "127.0.0.1:1";
    settings_.tokens = tokens_;
  }

  ClientHandle MakeClient(const CredentialFeed& feed) {
    ConfHandle conf(rd_kafka_conf_new());
    EXPECT_TRUE(SetConnection(conf.get(), settings_).ok());
    feed.Prepare(conf.get());
    char text[256] = "";
    rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), text, sizeof text);
    EXPECT_NE(client, nullptr) << text;
    (void)conf.release();
    return ClientHandle(client, rd_kafka_destroy);
  }

  void Tell(const std::string& problem) {
    std::lock_guard lock(mutex_);
    told_.push_back(problem);
    changed_.notify_all();
  }
  bool WaitUntilTold(const std::string& problem) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(
        lock, seconds(10), [&] { return !told_.empty() && told_.back() == problem; });
  }

  std::shared_ptr<ScriptedTokens> tokens_ = std::make_shared<ScriptedTokens>();
  ClientSettings settings_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;
};

TEST_F(CredentialFeedTest, TellsWhyThereIsNoTokenAndWhenThereIs) {
  {
    CredentialFeed feed(settings_, [&](const std::string& problem) { Tell(problem); });
    ClientHandle client = MakeClient(feed);
    feed.Attach(client.get());
    EXPECT_TRUE(WaitUntilTold("the secret has expired"));
    tokens_->Give("good.token");
    EXPECT_TRUE(WaitUntilTold(""));
    feed.TokenRefused();
    for (int i = 0; i < 1'000 && tokens_->refused().empty(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(tokens_->refused(), "good.token");
    feed.Detach();
  }
  EXPECT_TRUE(tokens_->cancelled);
}

TEST_F(CredentialFeedTest, AsksForNothingWithoutAClient) {
  CredentialFeed feed(settings_, [&](const std::string& problem) { Tell(problem); });
  std::this_thread::sleep_for(std::chrono::milliseconds(1'200));
  EXPECT_EQ(tokens_->asked, 0);
}

}  // namespace
}  // namespace keywatch::kafka
