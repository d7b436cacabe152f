// The source against a container in this process.
#include "connectors/blob/blob_source.h"

#include <gtest/gtest.h>

#include "tests/support/text_match.h"
#include "tests/unit/connectors/blob/fake_container.h"

namespace keywatch::blob {
namespace {

using std::chrono::milliseconds;
using tests::Has;

Ticks At(const std::string& text) { return *record::ParseIsoDatetime(text); }

std::string NameOf(const std::string& vault, Ticks hour) {
  record::CivilTime civil = record::ToCivil(hour);
  return fmt::format(
      "resourceId=/SUBSCRIPTIONS/1/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/{}/"
      "y={:04}/m={:02}/d={:02}/h={:02}/m=00/PT1H.json",
      vault,
      civil.year,
      civil.month,
      civil.day,
      civil.hour);
}

std::string Line(Ticks time, const std::string& id) {
  return "{\"time\":\"" + record::FormatDatetime(time) + "\",\"id\":\"" + id + "\"}\n";
}

class BlobSourceTest : public testing::Test {
 protected:
  void Open(const pipeline::Positions& restored = {}) {
    positions_ = restored;
    options_.account = {"http://h", "", "acc", "logs"};
    options_.now = [this] { return container_.now(); };
    options_.poll_interval = milliseconds(2);
    options_.late_interval = milliseconds(10);
    source_ = std::make_unique<BlobSource>(options_, FakeServices(&container_, lanes_), nullptr);
    ASSERT_TRUE(source_->Open(restored).ok());
  }
  static BlobOptions QuickOptions() {
    BlobOptions options;
    options.backoff = milliseconds(2);
    return options;
  }
  // Takes what comes until `done` or too long.
  template <class Done>
  bool Until(Done done, milliseconds most = milliseconds(5'000)) {
    auto end = std::chrono::steady_clock::now() + most;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end)
        return false;
      Result<pipeline::RawBatch> batch = source_->Poll(milliseconds(5));
      if (!batch)
        return false;
      Take(*batch);
    }
    return true;
  }
  void Take(const pipeline::RawBatch& batch) {
    for (const pipeline::RawMessage& message : batch.messages) {
      read_ += message.bytes;
      origins_.insert(*message.origin);
      EXPECT_GE(message.offset, 0);
    }
    for (const auto& [key, position] : batch.next) {
      if (position == pipeline::kForgetPosition)
        positions_.erase(key);
      else
        positions_[key] = position;
    }
    ended_ = ended_ || batch.end;
  }
  bool UntilRead(const std::string& text) {
    return Until([&] { return read_ == text; });
  }
  bool UntilCaughtUp() {
    return Until([&] { return source_->Health().lag_records == 0; });
  }

  FakeContainer container_;
  BlobOptions options_ = QuickOptions();
  int lanes_ = 3;
  std::unique_ptr<BlobSource> source_;
  std::string read_;
  std::set<std::string> origins_;
  pipeline::Positions positions_;
  bool ended_ = false;
};

const Ticks kNow = At("2026-11-30T10:20:00Z");
const Ticks kOpen = At("2026-11-30T10:00:00Z");

TEST_F(BlobSourceTest, BlobsOfAnHourAreMergedByTimeAndHoursComeInOrder) {
  options_.from = At("2026-11-30T07:00:00Z");
  std::string expected;
  for (int h = 7; h <= 10; ++h) {
    Ticks hour = At("2026-11-30T00:00:00Z") + h * kHour;
    for (int i = 0; i < 60; ++i) {
      std::string line = Line(hour + i * record::kTicksPerSecond, fmt::format("{}-{}", h, i));
      container_.Append(NameOf("V" + std::to_string(i * 7 % 3), hour), line);
      expected += line;
    }
  }
  container_.Append(NameOf("V0", At("2026-11-30T06:00:00Z")), Line(kNow, "too old"));
  container_.Append("resourceId=/other/PT1H.json", "nonsense");
  // Also with ranges of a few bytes.
  options_.limits.chunk_bytes = 100;
  options_.limits.most_bytes = 300;
  options_.limits.batch_bytes = 500;
  Open();
  EXPECT_TRUE(UntilRead(expected));
  EXPECT_TRUE(UntilCaughtUp());
  EXPECT_TRUE(source_->Health().connected);
  EXPECT_EQ(origins_.size(), 12U);
  EXPECT_EQ(*origins_.begin(), "logs/" + NameOf("V0", At("2026-11-30T07:00:00Z")));
  EXPECT_LE(container_.most_asked(), 100U + kCheckBytes);
}

TEST_F(BlobSourceTest, WhatIsAppendedIsReadOnceAlsoAcrossRestarts) {
  std::string expected;
  Open();
  for (int i = 0; i < 30; ++i) {
    std::string line = Line(kNow + i, std::to_string(i));
    size_t cut = static_cast<size_t>(i) % line.size();
    container_.Append(NameOf("V", kOpen), line.substr(0, cut));
    Until([] { return true; });
    container_.Append(NameOf("V", kOpen), line.substr(cut));
    expected += line;
    if (i % 3 == 0) {
      ASSERT_TRUE(UntilRead(expected)) << i;
    }
    if (i % 10 == 9) {
      // What was taken counts; what was handed over and not taken comes again.
      source_->Close();
      Open(positions_);
    }
  }
  EXPECT_TRUE(UntilRead(expected));
  EXPECT_EQ(source_->Health().gaps, 0U);
}

TEST_F(BlobSourceTest, ClosedHoursLeaveOnlyAMarkAndALateOneIsRead) {
  options_.from = At("2026-11-20T00:00:00Z");
  options_.pass.late = 2 * kHour;
  std::string expected;
  for (Ticks hour = options_.from; hour <= kOpen; hour += 5 * kHour) {
    container_.Append(NameOf("V", hour), Line(hour, "x"));
    expected += Line(hour, "x");
  }
  Open();
  ASSERT_TRUE(UntilRead(expected));
  ASSERT_TRUE(UntilCaughtUp());
  ASSERT_TRUE(Until([&] { return positions_["mark"] == At("2026-11-30T07:00:00Z"); }));
  EXPECT_LE(positions_.size(), 2U + 2U * 3U);
  Ticks late = At("2026-11-30T07:00:00Z");
  container_.Append(NameOf("V", late), Line(late, "late"));
  EXPECT_TRUE(UntilRead(expected + Line(late, "late")));
  EXPECT_EQ(source_->Health().gaps, 0U);
}

TEST_F(BlobSourceTest, GrowthBehindTheMarkIsToldAndNotRead) {
  options_.from = At("2026-11-30T01:00:00Z");
  options_.pass.late = 2 * kHour;
  container_.Append(NameOf("V", At("2026-11-30T03:00:00Z")), Line(kNow, "a"));
  Open();
  ASSERT_TRUE(UntilRead(Line(kNow, "a")));
  ASSERT_TRUE(Until([&] { return positions_.contains("listed"); }));
  container_.SetNow(kNow + 5 * record::kTicksPerSecond);
  container_.Append(NameOf("V", At("2026-11-30T03:00:00Z")), Line(kNow, "b"));
  EXPECT_TRUE(Until([&] { return source_->Health().gaps == 1; }));
  EXPECT_FALSE(Until([&] { return source_->Health().gaps > 1; }, milliseconds(100)));
  EXPECT_EQ(read_, Line(kNow, "a"));
}

TEST_F(BlobSourceTest, AReplacedBlobIsReadAgain) {
  const std::string name = NameOf("V", kOpen);
  container_.Append(name, Line(kNow, "a"));
  Open();
  ASSERT_TRUE(UntilRead(Line(kNow, "a")));
  ASSERT_TRUE(UntilCaughtUp());
  read_.clear();
  container_.Replace(name, Line(kNow, "b"));  // as long as before
  EXPECT_TRUE(UntilRead(Line(kNow, "b")));
  read_.clear();
  container_.Replace(name, "{}\n");  // shorter
  EXPECT_TRUE(UntilRead("{}\n"));
  read_.clear();
  container_.Replace(name, Line(kNow, "c") + Line(kNow, "d"));  // longer
  EXPECT_TRUE(UntilRead(Line(kNow, "c") + Line(kNow, "d")));
}

TEST_F(BlobSourceTest, ABlobReplacedWhileWeWereDownIsReadAgain) {
  const std::string name = NameOf("V", kOpen);
  container_.Append(name, Line(kNow, "a"));
  Open();
  ASSERT_TRUE(UntilRead(Line(kNow, "a")));
  source_->Close();
  read_.clear();
  container_.Replace(name, Line(kNow, "b"));
  Open(positions_);
  EXPECT_TRUE(UntilRead(Line(kNow, "b")));
}

TEST_F(BlobSourceTest, BlobsThatCannotBeReadStopNothingElse) {
  options_.from = At("2026-11-30T01:00:00Z");
  container_.Append(NameOf("A", At("2026-11-30T02:00:00Z")), Line(kNow, "archived"));
  container_.Archive(NameOf("A", At("2026-11-30T02:00:00Z")));
  container_.Append(NameOf("B", At("2026-11-30T02:00:00Z")), Line(kNow, "b"));
  Open();
  EXPECT_TRUE(UntilRead(Line(kNow, "b")));
  EXPECT_TRUE(UntilCaughtUp());
  EXPECT_EQ(source_->Health().gaps, 1U);
}

TEST_F(BlobSourceTest, ARangeEnds) {
  options_.from = At("2026-11-29T22:00:00Z");
  options_.pass.until = At("2026-11-30T01:00:00Z");
  std::string expected;
  for (int h = 0; h < 12; ++h) {
    Ticks hour = options_.from + h * kHour;
    // Without a line end: the hour is over.
    std::string line = Line(hour, "x");
    line.pop_back();
    container_.Append(NameOf("V", hour), line);
    if (h < 3)
      expected += line;
  }
  Open();
  EXPECT_TRUE(Until([&] { return ended_; }));
  EXPECT_EQ(read_, expected);
  EXPECT_EQ(positions_["mark"], options_.pass.until);
}

TEST_F(BlobSourceTest, FailuresShowAndPass) {
  http::Response refused;
  refused.status = 403;
  refused.headers["x-ms-error-code"] = "AuthenticationFailed";
  options_.login = LoginKind::kAccountKey;
  options_.backoff = milliseconds(200);
  container_.Fail(refused);
  container_.Append(NameOf("V", kOpen), Line(kNow, "a"));
  Open();
  EXPECT_TRUE(Until([&] {
    return !source_->Health().connected && Has(source_->Health().problem, "account_key_file");
  }));
  EXPECT_EQ(source_->Health().errors[static_cast<size_t>(pipeline::SourceError::kLogin)], 1U);
  EXPECT_TRUE(UntilRead(Line(kNow, "a")));
  EXPECT_TRUE(Until([&] { return source_->Health().connected; }));
  EXPECT_EQ(source_->Health().problem, "");
}

// A request may fail at any point: what was handed over is not handed over again.
TEST_F(BlobSourceTest, ManyRequestsMayFail) {
  options_.from = At("2026-11-30T01:00:00Z");
  options_.limits.chunk_bytes = 200;
  options_.limits.most_bytes = 400;
  options_.limits.batch_bytes = 300;
  lanes_ = 1;
  std::string expected;
  for (int h = 1; h <= 10; ++h) {
    Ticks hour = At("2026-11-30T00:00:00Z") + h * kHour;
    for (int i = 0; i < 10; ++i) {
      std::string line = Line(hour + i * record::kTicksPerSecond, std::to_string(i));
      container_.Append(NameOf(i % 2 == 0 ? "A" : "B", hour), line);
      expected += line;
    }
  }
  container_.FailEvery(47);  // finding and listing takes some thirty
  Open();
  EXPECT_TRUE(UntilRead(expected));
  EXPECT_EQ(read_, expected) << source_->Health().problem;
  EXPECT_EQ(source_->Health().gaps, 0U);
  EXPECT_GT(source_->Health().errors[static_cast<size_t>(pipeline::SourceError::kNetwork)], 0U);
}

TEST_F(BlobSourceTest, CloseDoesNotWaitForWhoeverTakes) {
  options_.limits.batch_bytes = 1;
  for (int i = 0; i < 100; ++i)
    container_.Append(NameOf("V", kOpen), Line(kNow, std::to_string(i)));
  options_.limits.run_bytes = 1;
  Open();
  std::this_thread::sleep_for(milliseconds(20));
  source_->Close();
}

}  // namespace
}  // namespace keywatch::blob
