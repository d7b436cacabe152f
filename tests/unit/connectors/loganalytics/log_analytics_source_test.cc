// The source against a fake of the query API, in this process.
#include "connectors/loganalytics/log_analytics_source.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/support/text_match.h"

namespace keywatch::loganalytics {
namespace {

using std::chrono::milliseconds;
using tests::Has;

constexpr Ticks kStart = 638'000'000'000'000'000;
constexpr Ticks kSecond = record::kTicksPerSecond;

// A workspace whose clock the test sets.
class FakeWorkspace {
 public:
  struct Row {
    Ticks ingested;
    Ticks visible;
    std::string correlation;
  };
  http::Response Answer(const std::string& body) {
    std::lock_guard lock(mutex);
    ++asked;
    if (!failures.empty()) {
      http::Response failure = failures.front();
      failures.pop_front();
      return failure;
    }
    std::string query = *record::ParseJson(body)->Find("query")->string();
    auto bound = [&](const std::string& op) {
      size_t at = query.find(op + " datetime(") + op.size() + 10;
      return *record::ParseIsoDatetime(query.substr(at, query.find(')', at) - at));
    };
    Ticks from = bound("ingestion_time() >=");
    Ticks to = bound("ingestion_time() <");
    std::string out = "[\"\",\"" + record::FormatDatetime(now) + "\",null]";
    size_t count = 0;
    for (const Row& row : rows) {
      if (row.ingested < from || row.ingested >= to || row.visible > now || count == most_rows)
        continue;
      ++count;
      out += ",[\"AzureDiagnostics\",\"" + record::FormatDatetime(row.ingested) +
             "\",\"{\\\"CorrelationId\\\":\\\"" + row.correlation + "\\\"}\"]";
    }
    http::Response response;
    response.status = 200;
    response.body = "{\"tables\":[{\"rows\":[" + out + "]}]";
    if (count == most_rows)
      response.body += ",\"error\":{\"code\":\"PartialError\",\"message\":\"too many\"}";
    response.body += "}";
    return response;
  }

  std::mutex mutex;
  std::vector<Row> rows;
  Ticks now = kStart;
  size_t most_rows = 100'000;
  int asked = 0;
  std::deque<http::Response> failures;
};

class FakeService : public QueryService {
 public:
  explicit FakeService(FakeWorkspace* workspace) : workspace_(workspace) {}
  http::Response Ask(const std::string& body) override { return workspace_->Answer(body); }
  void Cancel() override {}

 private:
  FakeWorkspace* workspace_;
};

class LogAnalyticsSourceTest : public testing::Test {
 protected:
  void Open(const pipeline::Positions& restored = {}) {
    LogAnalyticsOptions options;
    options.tables = {"AzureDiagnostics"};
    options.slices = {60 * kSecond, 600 * kSecond, kSecond};
    options.poll_interval = record::kTicksPerMillisecond;
    options.history = 3600 * kSecond;
    options.backoff = milliseconds(1);
    options.now = [this] {
      std::lock_guard lock(workspace_.mutex);
      return workspace_.now;
    };
    source_ =
        std::make_unique<LogAnalyticsSource>(options, std::make_unique<FakeService>(&workspace_));
    positions_ = restored;
    ASSERT_TRUE(source_->Open(restored).ok());
  }
  void AddRow(Ticks ingested, Ticks visible_after, const std::string& correlation) {
    std::lock_guard lock(workspace_.mutex);
    workspace_.rows.push_back({ingested, ingested + visible_after, correlation});
  }
  void SetNow(Ticks now) {
    std::lock_guard lock(workspace_.mutex);
    workspace_.now = now;
  }
  // Polls until the condition holds.
  bool PollUntil(const std::function<bool()>& condition) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end)
        return false;
      Result<pipeline::RawBatch> batch = source_->Poll(milliseconds(5));
      for (const pipeline::RawMessage& message : batch->messages) {
        EXPECT_EQ(*message.origin, "log_analytics/AzureDiagnostics");
        std::optional<record::Dynamic> record = record::ParseJson(message.bytes);
        texts_.push_back(*record->Find("correlationId")->string());
      }
      for (const auto& [key, next] : batch->next)
        positions_[key] = next;
    }
    return true;
  }

  FakeWorkspace workspace_;
  std::unique_ptr<LogAnalyticsSource> source_;
  std::vector<std::string> texts_;
  pipeline::Positions positions_;
};

TEST_F(LogAnalyticsSourceTest, HistoryAndWhatComesAfterIt) {
  AddRow(kStart - 3000 * kSecond, 0, "old");
  AddRow(kStart - 10 * kSecond, 0, "fresh");
  AddRow(kStart - 4000 * kSecond, 0, "older than the history");
  Open();
  ASSERT_TRUE(PollUntil([&] { return texts_.size() == 2; }));
  AddRow(kStart + 5 * kSecond, 20 * kSecond, "late to be seen");
  SetNow(kStart + 10 * kSecond);
  ASSERT_TRUE(PollUntil([&] { return workspace_.asked > 20; }));
  EXPECT_EQ(texts_.size(), 2U);  // and none twice
  SetNow(kStart + 30 * kSecond);
  ASSERT_TRUE(PollUntil([&] { return texts_.size() == 3; }));
  EXPECT_EQ(texts_, (std::vector<std::string>{"old", "fresh", "late to be seen"}));
  EXPECT_TRUE(source_->Health().connected);
  ASSERT_TRUE(PollUntil([&] { return source_->Health().lag_records == 0; }));
  EXPECT_LE(positions_["ingested"], kStart + 30 * kSecond - 60 * kSecond);
}

TEST_F(LogAnalyticsSourceTest, ARestartMissesNothing) {
  for (int i = 0; i < 100; ++i)
    AddRow(kStart - 3000 * kSecond + i * 30 * kSecond, i * kSecond / 2, std::to_string(i));
  std::set<std::string> seen;
  SetNow(kStart - 2000 * kSecond);
  pipeline::Positions positions{{"ingested", kStart - 3000 * kSecond}};
  for (int run = 0; run < 10; ++run) {
    Open(positions);
    int before = workspace_.asked;
    ASSERT_TRUE(PollUntil([&] { return workspace_.asked > before + 8; }));
    source_->Close();
    positions = positions_;  // of what was polled; the rest is asked for again
    seen.insert(texts_.begin(), texts_.end());
    SetNow(kStart - 2000 * kSecond + run * 300 * kSecond);
  }
  SetNow(kStart + 1000 * kSecond);
  Open(positions);
  ASSERT_TRUE(PollUntil([&] { return positions_["ingested"] > kStart + 900 * kSecond; }));
  seen.insert(texts_.begin(), texts_.end());
  EXPECT_EQ(seen.size(), 100U);
}

TEST_F(LogAnalyticsSourceTest, APartialAnswerIsNotTakenForAll) {
  workspace_.most_rows = 5;
  for (int i = 0; i < 200; ++i)
    AddRow(kStart - 3000 * kSecond + i * 2 * kSecond, 0, std::to_string(i));
  Open();
  ASSERT_TRUE(PollUntil([&] { return texts_.size() == 200; }));
  EXPECT_EQ(source_->Health().gaps, 0U);
  EXPECT_EQ(std::set<std::string>(texts_.begin(), texts_.end()).size(), 200U);
}

TEST_F(LogAnalyticsSourceTest, WhatCannotBeHadIsSaid) {
  workspace_.most_rows = 5;
  for (int i = 0; i < 7; ++i)
    AddRow(kStart - 3000 * kSecond, 0, std::to_string(i));
  AddRow(kStart - 30 * kSecond, 0, "after");
  Open();
  ASSERT_TRUE(PollUntil([&] { return !texts_.empty() && texts_.back() == "after"; }));
  EXPECT_EQ(texts_.size(), 6U);
  EXPECT_EQ(source_->Health().gaps, 1U);
}

TEST_F(LogAnalyticsSourceTest, FailuresShowAndPass) {
  AddRow(kStart - 30 * kSecond, 0, "row");
  http::Response refused;
  refused.status = 403;
  http::Response unreachable;
  unreachable.error = http::TransportError::kRefused;
  for (int i = 0; i < 3; ++i) {
    workspace_.failures.push_back(refused);
    workspace_.failures.push_back(unreachable);
  }
  Open();
  bool shown = false;
  ASSERT_TRUE(PollUntil([&] {
    pipeline::SourceHealth health = source_->Health();
    shown = shown || (!health.connected && Has(health.problem, "Log Analytics Reader"));
    return !texts_.empty();
  }));
  EXPECT_TRUE(shown);
  EXPECT_TRUE(source_->Health().connected);
  EXPECT_EQ(source_->Health().problem, "");
}

TEST_F(LogAnalyticsSourceTest, ThrottlingIsRespected) {
  http::Response throttled;
  throttled.status = 429;
  throttled.headers["retry-after"] = "1";
  workspace_.failures.push_back(throttled);
  AddRow(kStart - 30 * kSecond, 0, "row");
  auto begin = std::chrono::steady_clock::now();
  Open();
  ASSERT_TRUE(PollUntil([&] { return !texts_.empty(); }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

}  // namespace
}  // namespace keywatch::loganalytics
