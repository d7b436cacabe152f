#include "app/page/feed.h"

#include <gtest/gtest.h>

#include "engine/state/outbox.h"
#include "tests/support/temp_dir.h"

namespace keywatch::app::page {
namespace {

using std::chrono::milliseconds;

class FeedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = state::Outbox::Open(folder_.File("outbox.sqlite"), {});
    ASSERT_TRUE(opened);
    outbox_ = std::move(opened).value();
  }

  std::unique_ptr<Feed> MakeFeed(uint64_t records = 0) {
    auto reader = state::OutboxReader::Open(folder_.File("outbox.sqlite"));
    EXPECT_TRUE(reader);
    auto view = std::make_shared<pipeline::WorkerView>();
    view->taken = record::WallNow();
    view->sources.emplace_back().records = records;
    auto feed = std::make_unique<Feed>(std::move(reader).value(), [view] { return view; });
    feed->Start();
    return feed;
  }

  void Insert(const std::string& id, const std::string& severity) {
    std::vector<state::NewAlert> rows(1);
    rows[0].id = id;
    rows[0].rule_id = "rule";
    rows[0].severity = severity;
    rows[0].json = "{}";
    ASSERT_TRUE(outbox_->Insert(rows, record::WallNow()));
  }

  static uint64_t Alerts(const Feed& feed) {
    uint64_t sum = 0;
    for (const Minute& minute : feed.Now(record::WallNow()).minutes)
      sum += minute.AllAlerts();
    return sum;
  }

  tests::TempDir folder_;
  std::unique_ptr<state::Outbox> outbox_;
};

TEST_F(FeedTest, NoticesWhatIsNewAndWakesWhoWaits) {
  auto feed = MakeFeed();
  EXPECT_EQ(feed->last_seq(), 0);
  EXPECT_FALSE(feed->WaitBeyond(0, milliseconds(1)));
  Insert("a", "High");
  EXPECT_TRUE(feed->WaitBeyond(0, milliseconds(5000)));
  EXPECT_EQ(feed->last_seq(), 1);
  EXPECT_EQ(Alerts(*feed), 1U);
  EXPECT_GT(feed->Now(record::WallNow()).last_alert.at("rule"), 0);
}

TEST_F(FeedTest, GoesOnAfterARestart) {
  Insert("a", "High");
  Insert("a-ended", "High");
  Insert("b", "Low");
  auto feed = MakeFeed();
  EXPECT_EQ(feed->last_seq(), 3);
  EXPECT_EQ(Alerts(*feed), 2U) << "an end is no alert";
}

TEST_F(FeedTest, CountsRecordsOnce) {
  auto feed = MakeFeed(40);
  Insert("a", "High");
  EXPECT_TRUE(feed->WaitBeyond(0, milliseconds(5000)));
  uint64_t records = 0;
  for (const Minute& minute : feed->Now(record::WallNow()).minutes)
    records += minute.records;
  EXPECT_EQ(records, 40U);
}

TEST_F(FeedTest, AStopWakesWhoWaits) {
  auto feed = MakeFeed();
  feed->Stop();
  auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(feed->WaitBeyond(0, milliseconds(5000)));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2000));
}

}  // namespace
}  // namespace keywatch::app::page
