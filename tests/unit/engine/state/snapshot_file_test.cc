// What is on disk after writes, crashes, damage and a full disk.
#include "engine/state/snapshot_file.h"

#include <csignal>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.h"

namespace keywatch::state {
namespace {

using tests::ReadFile;
using tests::TempDir;
using tests::WriteFile;

std::set<std::string> Names(const std::string& dir) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

uint64_t MustWrite(const std::string& dir, std::string_view state, int keep = 3) {
  Result<uint64_t> sequence = WriteSnapshot(dir, {{"state", state}}, keep);
  EXPECT_TRUE(sequence) << sequence.error().message();
  return sequence ? *sequence : 0;
}

TEST(SnapshotFileTest, AnEmptyDirectoryIsAFirstStart) {
  TempDir dir;
  for (const std::string& path : {dir.path(), dir.File("missing")}) {
    Result<LatestSnapshot> latest = ReadLatestSnapshot(path);
    ASSERT_TRUE(latest);
    EXPECT_FALSE(latest->snapshot);
    EXPECT_TRUE(latest->damaged.empty());
  }
}

TEST(SnapshotFileTest, TheNewestComesBackAndTheOldestGo) {
  TempDir dir;
  std::string data = dir.File("a/data");
  for (int i = 1; i <= 5; ++i)
    EXPECT_EQ(MustWrite(data, std::to_string(i)), static_cast<uint64_t>(i));
  EXPECT_EQ(Names(data),
            (std::set<std::string>{
                "snapshot-000000000003", "snapshot-000000000004", "snapshot-000000000005"}));
  Result<LatestSnapshot> latest = ReadLatestSnapshot(data);
  ASSERT_TRUE(latest);
  ASSERT_TRUE(latest->snapshot);
  EXPECT_EQ(latest->snapshot->Find("state"), "5");
  EXPECT_EQ(latest->file, data + "/snapshot-000000000005");
}

TEST(SnapshotFileTest, OtherFilesAreLeftAlone) {
  TempDir dir;
  WriteFile(dir.File("outbox.sqlite"), "x");
  WriteFile(dir.File("snapshot-1"), "not written by us");
  WriteFile(dir.File("snapshot-abc"), "neither");
  MustWrite(dir.path(), "one", 1);
  MustWrite(dir.path(), "two", 1);
  EXPECT_EQ(Names(dir.path()),
            (std::set<std::string>{
                "outbox.sqlite", "snapshot-1", "snapshot-abc", "snapshot-000000000002"}));
}

TEST(SnapshotFileTest, ADamagedOneIsNamedAndTheOneBeforeUsed) {
  TempDir dir;
  MustWrite(dir.path(), "one");
  MustWrite(dir.path(), "two");
  MustWrite(dir.path(), "three");
  std::string bytes = ReadFile(dir.File("snapshot-000000000003"));
  WriteFile(dir.File("snapshot-000000000003"), bytes.substr(0, bytes.size() - 1));
  bytes = ReadFile(dir.File("snapshot-000000000002"));
  bytes[3] = static_cast<char>(bytes[3] ^ 1);
  WriteFile(dir.File("snapshot-000000000002"), bytes);

  Result<LatestSnapshot> latest = ReadLatestSnapshot(dir.path());
  ASSERT_TRUE(latest);
  ASSERT_TRUE(latest->snapshot);
  EXPECT_EQ(latest->snapshot->Find("state"), "one");
  ASSERT_EQ(latest->damaged.size(), 2U);
  EXPECT_EQ(latest->damaged[0].file, dir.File("snapshot-000000000003.damaged"));
  EXPECT_EQ(latest->damaged[0].reason, "expected 5 bytes in section state, found 4");
  EXPECT_EQ(latest->damaged[1].file, dir.File("snapshot-000000000002.damaged"));

  // The numbers of the damaged ones are not used again, and they do not push out the good one.
  EXPECT_EQ(MustWrite(dir.path(), "four", 2), 4U);
  EXPECT_TRUE(std::filesystem::exists(dir.File("snapshot-000000000001")));
}

TEST(SnapshotFileTest, EveryDamageOfTheNewestFallsBack) {
  TempDir dir;
  MustWrite(dir.path(), "one");
  MustWrite(dir.path(), "two");
  std::string newest = dir.File("snapshot-000000000002");
  std::string good = ReadFile(newest);
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    for (const std::string& bytes : {bad, good.substr(0, at)}) {
      WriteFile(newest, bytes);
      Result<LatestSnapshot> latest = ReadLatestSnapshot(dir.path());
      ASSERT_TRUE(latest) << at << ": " << latest.error().message();
      ASSERT_EQ(latest->snapshot->Find("state"), "one") << at;
      ASSERT_EQ(latest->damaged.size(), 1U) << at;
    }
  }
}

TEST(SnapshotFileTest, NoneLeftIsNotAFirstStart) {
  TempDir dir;
  MustWrite(dir.path(), "one");
  WriteFile(dir.File("snapshot-000000000001"), "");
  // The second time it has its other name already.
  for (int time = 0; time < 2; ++time) {
    Result<LatestSnapshot> latest = ReadLatestSnapshot(dir.path());
    ASSERT_FALSE(latest);
    EXPECT_EQ(latest.error().code(), StatusCode::kDataLoss);
    EXPECT_NE(latest.error().message().find("snapshot-000000000001.damaged"), std::string::npos);
  }
}

TEST(SnapshotFileTest, AFileUnderAnotherNumberIsDamage) {
  TempDir dir;
  MustWrite(dir.path(), "one");
  MustWrite(dir.path(), "two");
  std::filesystem::copy_file(dir.File("snapshot-000000000001"), dir.File("snapshot-000000000009"));
  Result<LatestSnapshot> latest = ReadLatestSnapshot(dir.path());
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->snapshot->Find("state"), "two");
  EXPECT_EQ(latest->damaged.size(), 1U);
}

TEST(SnapshotFileTest, AHalfWrittenOneIsIgnoredAndCleanedUp) {
  TempDir dir;
  MustWrite(dir.path(), "one");
  WriteFile(dir.File("snapshot-000000000002.tmp"), "half");
  Result<LatestSnapshot> latest = ReadLatestSnapshot(dir.path());
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->snapshot->Find("state"), "one");
  MustWrite(dir.path(), "two");
  EXPECT_EQ(Names(dir.path()),
            (std::set<std::string>{"snapshot-000000000001", "snapshot-000000000002"}));
}

TEST(SnapshotFileTest, TwoSectionsOfOneNameAreRefused) {
  TempDir dir;
  Result<uint64_t> sequence = WriteSnapshot(dir.path(), {{"a", "1"}, {"a", "2"}}, 3);
  ASSERT_FALSE(sequence);
  EXPECT_EQ(sequence.error().code(), StatusCode::kInternal);
}

// A file size limit fails a write in its middle, as a full disk does.
TEST(SnapshotFileTest, AFullDiskLeavesWhatWasThere) {
  TempDir dir;
  MustWrite(dir.path(), "one");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit limit = before;
  limit.rlim_cur = 1 << 20;
  auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::string large(size_t{3} << 20, 'x');
  Result<uint64_t> failed = WriteSnapshot(dir.path(), {{"state", large}}, 1);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), StatusCode::kUnavailable);
  EXPECT_NE(failed.error().message().find("the last one stays snapshot-000000000001"),
            std::string::npos);
  EXPECT_EQ(Names(dir.path()), (std::set<std::string>{"snapshot-000000000001"}));
  EXPECT_EQ(ReadLatestSnapshot(dir.path())->snapshot->Find("state"), "one");

  // With room again it goes on.
  EXPECT_EQ(MustWrite(dir.path(), large, 1), 2U);
  EXPECT_EQ(ReadLatestSnapshot(dir.path())->snapshot->Find("state"), large);
}

TEST(SnapshotFileTest, ADirectoryThatCannotBeMadeIsUnavailable) {
  TempDir dir;
  WriteFile(dir.File("file"), "");
  Result<uint64_t> sequence = WriteSnapshot(dir.File("file/data"), {{"a", "1"}}, 3);
  ASSERT_FALSE(sequence);
  EXPECT_EQ(sequence.error().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace keywatch::state
