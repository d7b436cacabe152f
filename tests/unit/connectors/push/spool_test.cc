#include "connectors/push/spool.h"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/support/temp_dir.h"

namespace keywatch::push {
namespace {

using std::chrono::milliseconds;
using Texts = std::vector<std::string>;

class SpoolTest : public testing::Test {
 protected:
  std::unique_ptr<Spool> Open(int64_t position = 0) {
    options_.folder = dir_.File("spool");
    Result<std::unique_ptr<Spool>> spool = Spool::Open(options_, position);
    EXPECT_TRUE(spool) << spool.error().message();
    return std::move(*spool);
  }
  // All there is, and where it ends.
  static Texts ReadAll(Spool* spool, int64_t* next = nullptr, size_t most = 64) {
    Texts texts;
    while (true) {
      Result<SpoolBatch> batch = spool->Read(most, milliseconds(0));
      EXPECT_TRUE(batch) << batch.error().message();
      if (next != nullptr)
        *next = batch->next;
      if (batch->entries.empty())
        return texts;
      for (const SpoolBatch::Entry& entry : batch->entries)
        texts.emplace_back(entry.payload);
    }
  }
  [[nodiscard]] std::set<std::string> Files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(options_.folder))
      names.insert(entry.path().filename().string());
    return names;
  }

  tests::TempDir dir_;
  SpoolOptions options_;
};

TEST_F(SpoolTest, WhatIsAppendedIsReadInOrder) {
  auto spool = Open();
  EXPECT_EQ(ReadAll(spool.get()), Texts{});
  Texts expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back(std::string(static_cast<size_t>(i) * 7 + 1, 'a') + std::to_string(i));
    ASSERT_TRUE(spool->Append(expected.back()).ok());
  }
  EXPECT_EQ(spool->State().unread_entries, 50);
  EXPECT_EQ(ReadAll(spool.get()), expected);
  EXPECT_EQ(spool->State().unread_entries, 0);
  ASSERT_TRUE(spool->Append("more").ok());
  EXPECT_EQ(ReadAll(spool.get()), Texts{"more"});
}

TEST_F(SpoolTest, ARestartGoesOnAtAnyPosition) {
  options_.segment_bytes = 100;  // several files
  Texts expected;
  std::vector<std::pair<int64_t, size_t>> after;  // position, entries before it
  {
    auto spool = Open();
    for (int i = 0; i < 40; ++i) {
      expected.push_back("entry " + std::to_string(i));
      ASSERT_TRUE(spool->Append(expected.back()).ok());
    }
    after.emplace_back(0, 0);
    for (size_t read = 0; read < 40;) {
      Result<SpoolBatch> batch = spool->Read(1, milliseconds(0));
      read += batch->entries.size();
      after.emplace_back(batch->next, read);
    }
    EXPECT_GT(Files().size(), 5U);
  }
  for (auto [position, read] : after) {
    auto spool = Open(position);
    EXPECT_EQ(spool->State().unread_entries, static_cast<int64_t>(40 - read));
    EXPECT_EQ(ReadAll(spool.get()),
              Texts(expected.begin() + static_cast<ptrdiff_t>(read), expected.end()));
  }
}

TEST_F(SpoolTest, ATornEndIsLeftOutAndNothingElse) {
  {
    auto spool = Open();
    ASSERT_TRUE(spool->Append("first").ok());
    ASSERT_TRUE(spool->Append("second").ok());
  }
  std::string file = options_.folder + "/" + *Files().begin();
  const std::string whole = tests::ReadFile(file);
  const size_t first = kEntryHeaderBytes + 5;
  for (size_t size = 0; size <= whole.size(); ++size) {
    tests::WriteFile(file, whole.substr(0, size));
    auto spool = Open();
    Texts expected;
    if (size >= first)
      expected.emplace_back("first");
    if (size == whole.size())
      expected.emplace_back("second");
    ASSERT_EQ(ReadAll(spool.get()), expected) << size;
    EXPECT_EQ(spool->State().lost_bytes, 0U);
    // What comes now is not written behind the torn part.
    ASSERT_TRUE(spool->Append("third").ok());
    ASSERT_EQ(ReadAll(spool.get()), Texts{"third"});
    spool.reset();
    expected.emplace_back("third");
    auto again = Open();
    ASSERT_EQ(ReadAll(again.get()), expected);
    for (const std::string& name : Files()) {
      if (options_.folder + "/" + name != file)
        std::filesystem::remove(options_.folder + "/" + name);
    }
  }
}

TEST_F(SpoolTest, DamageBeforeTheEndIsCounted) {
  options_.segment_bytes = 1;
  {
    auto spool = Open();
    for (const char* text : {"first", "second", "third"})
      ASSERT_TRUE(spool->Append(text).ok());
  }
  ASSERT_EQ(Files().size(), 3U);
  std::string file = options_.folder + "/" + SegmentName(2);
  std::string bytes = tests::ReadFile(file);
  bytes.back() ^= 1;
  tests::WriteFile(file, bytes);
  auto spool = Open();
  EXPECT_EQ(ReadAll(spool.get()), (Texts{"first", "third"}));
  EXPECT_EQ(spool->State().lost_bytes, bytes.size());
}

TEST_F(SpoolTest, FilesGoWhenTheLastSnapshotsCoverThem) {
  options_.segment_bytes = 1;
  options_.snapshots_kept = 2;
  auto spool = Open();
  std::vector<int64_t> after;
  for (const char* text : {"1", "2", "3"})
    ASSERT_TRUE(spool->Append(text).ok());
  for (int i = 0; i < 3; ++i)
    after.push_back(spool->Read(1, milliseconds(0))->next);
  spool->Release(after[0]);
  spool->Release(after[1]);
  EXPECT_EQ(Files().size(), 3U);  // the older snapshot needs what follows it
  EXPECT_EQ(spool->State().bytes, 13);
  spool->Release(after[2]);
  spool->Release(after[2]);
  EXPECT_EQ(Files(), std::set<std::string>{SegmentName(3)});
  EXPECT_EQ(spool->State().bytes, 0);
  spool.reset();
  auto again = Open(after[2]);
  EXPECT_EQ(ReadAll(again.get()), Texts{});
  ASSERT_TRUE(again->Append("4").ok());
  EXPECT_EQ(ReadAll(again.get()), Texts{"4"});
}

TEST_F(SpoolTest, APositionOutlivesItsFiles) {
  auto spool = Open(ToPosition({7, 100}));
  ASSERT_TRUE(spool->Append("x").ok());
  EXPECT_EQ(Files(), std::set<std::string>{SegmentName(8)});
  EXPECT_EQ(ReadAll(spool.get()), Texts{"x"});
}

TEST_F(SpoolTest, AFullSpoolRefusesUntilASnapshotCoversIt) {
  options_.most_bytes = 100;
  auto spool = Open();
  std::string payload(38, 'p');  // 50 with its header
  ASSERT_TRUE(spool->Append(payload).ok());
  ASSERT_TRUE(spool->Append(payload).ok());
  EXPECT_FALSE(spool->HasRoom(0));
  EXPECT_EQ(spool->Append("x").code(), StatusCode::kExhausted);
  int64_t next = 0;
  EXPECT_EQ(ReadAll(spool.get(), &next).size(), 2U);
  EXPECT_EQ(spool->Append("x").code(), StatusCode::kExhausted);  // read is not covered
  spool->Release(next);
  EXPECT_TRUE(spool->Append(payload).ok());
}

TEST_F(SpoolTest, ManyAtOnceAreAllDurable) {
  options_.segment_bytes = 500;
  std::atomic<int> failed = 0;
  std::set<std::string> expected;
  {
    auto spool = Open();
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          if (!spool->Append(std::to_string(t) + "/" + std::to_string(i)).ok())
            ++failed;
        }
      });
    }
    size_t read = 0;
    while (read < 400) {
      Result<SpoolBatch> batch = spool->Read(100, milliseconds(1000));
      ASSERT_TRUE(batch);
      ASSERT_FALSE(batch->entries.empty());
      read += batch->entries.size();
    }
    for (std::thread& thread : threads)
      thread.join();
  }
  EXPECT_EQ(failed, 0);
  for (int t = 0; t < 8; ++t) {
    for (int i = 0; i < 50; ++i)
      expected.insert(std::to_string(t) + "/" + std::to_string(i));
  }
  auto again = Open();
  Texts all = ReadAll(again.get());
  EXPECT_EQ(all.size(), 400U);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()), expected);
}

// A disk that takes no more: a limit on file size stands in for it.
TEST_F(SpoolTest, WhatTheDiskDidNotTakeIsRefusedAndNotRead) {
  auto spool = Open();
  ASSERT_TRUE(spool->Append("before").ok());
  rlimit unlimited{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit small{100, unlimited.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  Status refused = spool->Append(std::string(200, 'x'));
  std::string problem = spool->State().problem;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  EXPECT_EQ(refused.code(), StatusCode::kUnavailable);
  EXPECT_NE(problem.find("cannot write to"), std::string::npos) << problem;
  ASSERT_TRUE(spool->Append("after").ok());
  EXPECT_EQ(spool->State().problem, "");
  EXPECT_EQ(ReadAll(spool.get()), (Texts{"before", "after"}));
  spool.reset();
  auto again = Open();
  EXPECT_EQ(ReadAll(again.get()), (Texts{"before", "after"}));
}

}  // namespace
}  // namespace keywatch::push
