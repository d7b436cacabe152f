#include "engine/state/outbox_reader.h"

#include <gtest/gtest.h>

#include "engine/state/outbox.h"
#include "tests/support/temp_dir.h"

namespace keywatch::state {
namespace {

using record::Ticks;

constexpr Ticks kReadTime = record::kUnixEpoch + 20'000 * record::kTicksPerDay;

class Reader : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Outbox::Open(folder_.File("outbox.sqlite"), {"hook", "file"});
    ASSERT_TRUE(opened);
    outbox_ = std::move(opened).value();
    auto reader = OutboxReader::Open(folder_.File("outbox.sqlite"));
    ASSERT_TRUE(reader) << reader.error().message();
    reader_ = std::move(reader).value();
  }

  void Insert(const std::string& id, const std::string& severity = "High") {
    std::string json = "{\"id\":\"" + id + "\"}";
    std::vector<NewAlert> rows = {{id, "rule", severity, json}};
    ASSERT_TRUE(outbox_->Insert(rows, kReadTime));
  }

  static std::string Ids(const std::vector<StoredAlert>& alerts) {
    std::string ids;
    for (const StoredAlert& alert : alerts)
      ids += alert.id;
    return ids;
  }

  static bool Any(const StoredAlert& /*alert*/) { return true; }

  tests::TempDir folder_;
  std::unique_ptr<Outbox> outbox_;
  std::unique_ptr<OutboxReader> reader_;
};

TEST_F(Reader, SeesWhatTheOutboxCommits) {
  EXPECT_EQ(*reader_->LastSeq(), 0);
  EXPECT_TRUE(reader_->Search({}, Any)->alerts.empty());
  Insert("a");
  EXPECT_EQ(*reader_->LastSeq(), 1);
  auto found = reader_->Find("a");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->json, "{\"id\":\"a\"}");
  EXPECT_EQ((*found)->severity, "High");
  EXPECT_EQ((*found)->created, kReadTime);
  EXPECT_FALSE(*reader_->Find("b"));
}

TEST_F(Reader, NewestFirstPageByPage) {
  for (const char* id : {"a", "b", "c", "d", "e"})
    Insert(id);
  AlertSearch search;
  search.limit = 2;
  auto page = reader_->Search(search, Any);
  EXPECT_EQ(Ids(page->alerts), "ed");
  ASSERT_FALSE(page->at_end);
  search.before = page->next_before;
  page = reader_->Search(search, Any);
  EXPECT_EQ(Ids(page->alerts), "cb");
  ASSERT_FALSE(page->at_end);
  search.before = page->next_before;
  page = reader_->Search(search, Any);
  EXPECT_EQ(Ids(page->alerts), "a");
  EXPECT_TRUE(page->at_end);
}

TEST_F(Reader, ASearchEndsAtItsBoundAndSaysWhereToGoOn) {
  for (const char* id : {"a", "b", "c", "d"})
    Insert(id, id[0] == 'a' ? "Low" : "High");
  AlertSearch search;
  search.most_rows = 3;
  auto low = [](const StoredAlert& alert) { return alert.severity == "Low"; };
  auto page = reader_->Search(search, low);
  EXPECT_TRUE(page->alerts.empty());
  ASSERT_FALSE(page->at_end);
  search.before = page->next_before;
  page = reader_->Search(search, low);
  EXPECT_EQ(Ids(page->alerts), "a");
  EXPECT_TRUE(page->at_end);
}

TEST_F(Reader, WhatCameAfterASequenceNumber) {
  for (const char* id : {"a", "b", "c"})
    Insert(id);
  EXPECT_EQ(Ids(*reader_->After(1, 10)), "bc");
  EXPECT_EQ(Ids(*reader_->After(0, 1)), "a");
  auto marks = reader_->MarksAfter(2, 10);
  ASSERT_EQ(marks->size(), 1U);
  EXPECT_EQ(marks->front().rule_id, "rule");
  EXPECT_EQ(marks->front().seq, 3);
}

TEST_F(Reader, TellsWhatEachSinkDid) {
  Insert("a");
  std::vector<int64_t> seqs = {1};
  ASSERT_TRUE(outbox_->MarkAccepted("file", seqs, kReadTime + 5).ok());
  ASSERT_TRUE(outbox_->MarkRetry("hook", 1, kReadTime + 9, "http_5xx: 503", kReadTime + 6).ok());
  auto deliveries = reader_->Deliveries(1);
  ASSERT_EQ(deliveries->size(), 2U);
  EXPECT_EQ(deliveries->at(0).sink, "file");
  EXPECT_EQ(deliveries->at(0).state, "accepted");
  EXPECT_EQ(deliveries->at(0).attempts, 1);
  EXPECT_EQ(deliveries->at(0).changed, kReadTime + 5);
  EXPECT_EQ(deliveries->at(1).state, "pending");
  EXPECT_EQ(deliveries->at(1).last_error, "http_5xx: 503");
  EXPECT_EQ(deliveries->at(1).next_attempt, kReadTime + 9);
}

}  // namespace
}  // namespace keywatch::state
