// Nothing is missed and nothing comes twice, whatever happens to the files and whenever we stop.
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "connectors/file/file_source.h"
#include "tests/support/packed.h"
#include "tests/support/temp_dir.h"

namespace keywatch::file {
namespace {

using std::chrono::milliseconds;
using tests::AppendFile;
using tests::TempDir;
using tests::WriteFile;

std::string Line(int number) {
  // Longer than what a copy is recognised by.
  return "{\"record\":" + std::to_string(number) + ",\"padding\":\"" + std::string(600, 'p') +
         "\"}\n";
}

std::string Lines(int from, int count) {
  std::string text;
  for (int i = from; i < from + count; ++i)
    text += Line(i);
  return text;
}

// A source that looks again at each poll, and what came out of it.
class Follower {
 public:
  explicit Follower(std::vector<std::string> paths, pipeline::Positions restored = {})
      : positions(std::move(restored)) {
    options_.paths = std::move(paths);
    follow_.scan_interval = follow_.rotation_grace = milliseconds(0);
  }

  FollowOptions* follow() { return &follow_; }
  FileSourceOptions* options() { return &options_; }

  Status Open() {
    source = MakeFollowSource(options_, follow_);
    return source->Open(positions);
  }

  // Polls until nothing comes three times; returns the text.
  std::string Drain() {
    if (!source) {
      EXPECT_TRUE(Open().ok());
    }
    std::string text;
    for (int quiet = 0; quiet < 3;) {
      Result<pipeline::RawBatch> batch = source->Poll(milliseconds(0));
      EXPECT_TRUE(batch);
      EXPECT_FALSE(batch->end);
      for (const pipeline::RawMessage& message : batch->messages)
        text += message.bytes;
      for (const auto& [key, next] : batch->next) {
        if (next == kForgetPosition) {
          positions.erase(key);
        } else {
          positions[key] = next;
        }
      }
      quiet = batch->messages.empty() ? quiet + 1 : 0;
    }
    return text;
  }

  std::unique_ptr<FollowSource> source;
  pipeline::Positions positions;

 private:
  FileSourceOptions options_;
  FollowOptions follow_;
};

TEST(FollowSourceTest, WhatIsAppendedComes) {
  TempDir dir;
  WriteFile(dir.File("a.log"), Lines(0, 3));
  Follower follower({dir.File("a.log")});
  EXPECT_EQ(follower.Drain(), Lines(0, 3));
  EXPECT_EQ(follower.Drain(), "");
  AppendFile(dir.File("a.log"), Lines(3, 2));
  EXPECT_EQ(follower.Drain(), Lines(3, 2));
  EXPECT_TRUE(follower.source->Health().connected);
  EXPECT_TRUE(follower.source->Health().assigned);
}

TEST(FollowSourceTest, APartOfALineWaitsForTheRest) {
  TempDir dir;
  std::string line = Line(1);
  WriteFile(dir.File("a.log"), Line(0) + line.substr(0, 20));
  Follower follower({dir.File("a.log")});
  EXPECT_EQ(follower.Drain(), Line(0));
  AppendFile(dir.File("a.log"), line.substr(20, 100));
  EXPECT_EQ(follower.Drain(), "");
  AppendFile(dir.File("a.log"), line.substr(120));
  EXPECT_EQ(follower.Drain(), line);
}

TEST(FollowSourceTest, AClosedRecordDoesNotWaitForItsLineEnd) {
  TempDir dir;
  WriteFile(dir.File("a.log"), "{\"a\":1}\n{\"b\":2}");
  Follower follower({dir.File("a.log")});
  EXPECT_EQ(follower.Drain(), "{\"a\":1}\n{\"b\":2}");
  AppendFile(dir.File("a.log"), "\n{\"c\":3}\n");
  EXPECT_EQ(follower.Drain(), "\n{\"c\":3}\n");
}

TEST(FollowSourceTest, AFileThatAppearsLaterIsPickedUp) {
  TempDir dir;
  Follower follower({dir.File("a.log"), dir.File("*.json")});
  EXPECT_EQ(follower.Drain(), "");
  EXPECT_FALSE(follower.source->Health().connected);
  EXPECT_NE(follower.source->Health().problem.find("a.log"), std::string::npos);
  WriteFile(dir.File("a.log"), Line(1));
  WriteFile(dir.File("b.json"), "[\n{\"b\":1}\n]\n");
  std::string text = follower.Drain();
  EXPECT_NE(text.find(Line(1)), std::string::npos);
  EXPECT_NE(text.find("[\n{\"b\":1}\n]"), std::string::npos);
  EXPECT_TRUE(follower.source->Health().connected);
  EXPECT_EQ(follower.source->Health().problem, "");
}

TEST(FollowSourceTest, OldFilesComeOldestFirstAndWhole) {
  TempDir dir;
  auto now = std::filesystem::file_time_type::clock::now();
  for (int i = 0; i < 4; ++i) {
    std::string name = dir.File("hour" + std::to_string(9 - i));
    WriteFile(name, Lines(10 * i, 10));
    std::filesystem::last_write_time(name, now - std::chrono::hours(10 - i));
  }
  Follower follower({dir.path()});
  follower.options()->limits = {1000, 1000, 10000};
  EXPECT_EQ(follower.Drain(), Lines(0, 40));
}

TEST(FollowSourceTest, ARenamedFileIsReadToItsEndAndTheNewOneFromItsStart) {
  TempDir dir;
  WriteFile(dir.File("a.log"), Lines(0, 2));
  Follower follower({dir.File("a.log")});
  EXPECT_EQ(follower.Drain(), Lines(0, 2));
  std::filesystem::rename(dir.File("a.log"), dir.File("a.log.1"));
  AppendFile(dir.File("a.log.1"), Line(2) + "{\"no line end\":1");
  WriteFile(dir.File("a.log"), Line(3));
  std::string text = follower.Drain();
  EXPECT_EQ(text.size(), (Line(2) + "{\"no line end\":1" + Line(3)).size());
  EXPECT_NE(text.find(Line(2) + "{\"no line end\":1"), std::string::npos);
  EXPECT_NE(text.find(Line(3)), std::string::npos);
  EXPECT_EQ(follower.source->Counts().lost, 0U);
}

TEST(FollowSourceTest, ARenameWithinThePatternReadsNothingTwice) {
  TempDir dir;
  WriteFile(dir.File("a.log"), Lines(0, 2));
  Follower follower({dir.File("a.log*")});
  EXPECT_EQ(follower.Drain(), Lines(0, 2));
  std::filesystem::rename(dir.File("a.log"), dir.File("a.log.1"));
  WriteFile(dir.File("a.log"), Line(2));
  EXPECT_EQ(follower.Drain(), Line(2));
}

TEST(FollowSourceTest, ARenameWhileNobodyLookedLosesNothing) {
  TempDir dir;
  WriteFile(dir.File("a.log"), Lines(0, 2));
  Follower before({dir.File("a.log")});
  EXPECT_EQ(before.Drain(), Lines(0, 2));
  before.source.reset();
  AppendFile(dir.File("a.log"), Line(2));
  std::filesystem::rename(dir.File("a.log"), dir.File("a.log.1"));
  WriteFile(dir.File("a.log"), Line(3));
  WriteFile(dir.File("other"), Line(4));
  Follower after({dir.File("a.log")}, before.positions);
  std::string text = after.Drain();
  EXPECT_TRUE(text == Line(2) + Line(3) || text == Line(3) + Line(2)) << text;
}

TEST(FollowSourceTest, AFileThatGotShorterIsReadAnewAndSaidSo) {
  TempDir dir;
  WriteFile(dir.File("a.log"), Lines(0, 3));
  Follower follower({dir.File("a.log")});
  EXPECT_EQ(follower.Drain(), Lines(0, 3));
  std::filesystem::resize_file(dir.File("a.log"), 0);
  EXPECT_EQ(follower.Drain(), "");
  AppendFile(dir.File("a.log"), Line(10));
  EXPECT_EQ(follower.Drain(), Line(10));
  EXPECT_EQ(follower.source->Counts().truncated, 1U);
  // Its old position is forgotten.
  EXPECT_EQ(follower.positions.size(), 1U);
}

TEST(FollowSourceTest, AFileThatWasOverwrittenAndGrewIsNoticed) {
  TempDir dir;
  WriteFile(dir.File("a.log"), Lines(0, 2));
  Follower follower({dir.File("a.log")});
  EXPECT_EQ(follower.Drain(), Lines(0, 2));
  WriteFile(dir.File("a.log"), Lines(20, 5));
  EXPECT_EQ(follower.Drain(), Lines(20, 5));
  EXPECT_EQ(follower.source->Counts().truncated, 1U);
}

TEST(FollowSourceTest, ALongerCopyInItsPlaceGoesOn) {
  TempDir dir;
  WriteFile(dir.File("a.log"), Lines(0, 2));
  Follower follower({dir.File("a.log")});
  EXPECT_EQ(follower.Drain(), Lines(0, 2));
  for (int i = 3; i < 6; ++i) {
    WriteFile(dir.File("copy"), Lines(0, i));
    std::filesystem::rename(dir.File("copy"), dir.File("a.log"));
    EXPECT_EQ(follower.Drain(), Line(i - 1));
  }
  // And when it was replaced while nobody looked.
  WriteFile(dir.File("copy"), Lines(0, 8));
  std::filesystem::rename(dir.File("copy"), dir.File("a.log"));
  Follower after({dir.File("a.log")}, follower.positions);
  EXPECT_EQ(after.Drain(), Lines(5, 3));
}

TEST(FollowSourceTest, AnotherFileInItsPlaceIsReadFromItsStart) {
  TempDir dir;
  WriteFile(dir.File("a.log"), Lines(0, 2));
  Follower follower({dir.File("a.log")});
  EXPECT_EQ(follower.Drain(), Lines(0, 2));
  WriteFile(dir.File("other"), Lines(50, 9));
  std::filesystem::rename(dir.File("other"), dir.File("a.log"));
  EXPECT_EQ(follower.Drain(), Lines(50, 9));
}

TEST(FollowSourceTest, AFileThatGoesAndComesBackIsNotReadTwice) {
  TempDir dir;
  WriteFile(dir.File("a.log"), Lines(0, 2));
  Follower follower({dir.File("*.log")});
  EXPECT_EQ(follower.Drain(), Lines(0, 2));
  std::filesystem::create_directory(dir.File("away"));
  std::filesystem::rename(dir.File("a.log"), dir.File("away/a.log"));
  EXPECT_EQ(follower.Drain(), "");
  std::filesystem::rename(dir.File("away/a.log"), dir.File("a.log"));
  AppendFile(dir.File("a.log"), Line(2));
  EXPECT_EQ(follower.Drain(), Line(2));
}

TEST(FollowSourceTest, AFileThatWentAwayUnreadIsSaid) {
  TempDir dir;
  WriteFile(dir.File("a.log"), Line(0));
  WriteFile(dir.File("b.log"), Line(1));
  Follower follower({dir.File("*.log")});
  follower.follow()->max_open_files = 0;
  ASSERT_TRUE(follower.Open().ok());
  std::filesystem::remove(dir.File("b.log"));
  EXPECT_EQ(follower.Drain(), Line(0));
  EXPECT_EQ(follower.source->Counts().lost, 1U);
  EXPECT_EQ(follower.source->Health().gaps, 1U);
}

size_t OpenDescriptors() {
  std::filesystem::directory_iterator begin("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

TEST(FollowSourceTest, FewDescriptorsServeManyFiles) {
  TempDir dir;
  Follower follower({dir.File("*.log")});
  follower.follow()->max_open_files = 8;
  ASSERT_TRUE(follower.Open().ok());
  const size_t before = OpenDescriptors();
  size_t expected = 0;
  size_t found = 0;
  // In the second round all files are known, closed and grown at once.
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 200; ++i) {
      AppendFile(dir.File(std::to_string(i) + ".log"), Line(1000 * round + i));
      expected += Line(1000 * round + i).size();
    }
    for (int polls = 0; polls < 1000 && found < expected; ++polls) {
      Result<pipeline::RawBatch> batch = follower.source->Poll(milliseconds(0));
      ASSERT_TRUE(batch);
      for (const pipeline::RawMessage& message : batch->messages)
        found += message.bytes.size();
      ASSERT_LE(OpenDescriptors(), before + 8 + 1);
    }
    EXPECT_EQ(found, expected);
  }
  // A closed one that is renamed out of the pattern is found by its inode.
  AppendFile(dir.File("199.log"), Line(2000));
  std::filesystem::rename(dir.File("199.log"), dir.File("199.old"));
  EXPECT_EQ(follower.Drain(), Line(2000));
  EXPECT_EQ(follower.source->Counts().lost, 0U);
}

TEST(FollowSourceTest, AFileOfAnotherFormIsSaidAndStopsNothing) {
  TempDir dir;
  WriteFile(dir.File("a.gz"), tests::Gzip(tests::Gzip(Line(3))));
  WriteFile(dir.File("b.log"), Line(1));
  Follower follower({dir.path()});
  EXPECT_EQ(follower.Drain(), Line(1));
  EXPECT_EQ(follower.source->Counts().refused, 1U);
  EXPECT_NE(follower.source->Health().problem.find("gzip"), std::string::npos);
  EXPECT_TRUE(follower.source->Health().connected);
}

TEST(FollowSourceTest, TheOldestOfTooManyPositionsAreForgotten) {
  TempDir dir;
  Follower follower({dir.File("*.log")});
  follower.follow()->max_remembered = 3;
  for (int i = 0; i < 10; ++i) {
    std::string name = dir.File(std::to_string(i) + ".log");
    WriteFile(name, Line(i));
    EXPECT_EQ(follower.Drain(), Line(i));
    std::filesystem::remove(name);
    EXPECT_EQ(follower.Drain(), "");
  }
  EXPECT_EQ(follower.positions.size(), 3U);
}

// Random appends, rotations, new files and stops; each stop goes back to a random earlier snapshot
// of the positions. What comes after it is exactly what had come since, and what is new.
TEST(FollowSourceTest, RandomLivesLoseNothing) {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    TempDir dir;
    int next_line = 0;
    int next_file = 0;
    std::string open_line;
    std::multiset<int> written;
    auto numbers = [](const std::string& text) {
      std::multiset<int> found;
      for (size_t at = 0; (at = text.find("{\"record\":", at)) != std::string::npos; ++at) {
        found.insert(std::stoi(text.substr(at + 10, 12)));
      }
      return found;
    };
    auto follower =
        std::make_unique<Follower>(std::vector<std::string>{dir.File("live"), dir.File("part*")});
    follower->options()->limits = {700, 700, 10000};
    std::multiset<int> seen;
    std::vector<std::pair<pipeline::Positions, std::multiset<int>>> snapshots = {{{}, {}}};
    for (int step = 0; step < 120; ++step) {
      switch (random() % 6) {
        case 0: {
          std::string line = Line(next_line);
          AppendFile(dir.File("live"), open_line + line);
          open_line.clear();
          written.insert(next_line++);
          break;
        }
        case 1: {  // a line in two writes
          if (!open_line.empty())
            break;
          std::string line = Line(next_line);
          size_t cut = random() % line.size();
          AppendFile(dir.File("live"), line.substr(0, cut));
          open_line = line.substr(cut);
          written.insert(next_line++);
          break;
        }
        case 2:
          if (std::filesystem::exists(dir.File("live")) && open_line.empty() && random() % 3 == 0) {
            std::filesystem::rename(dir.File("live"),
                                    dir.File("old" + std::to_string(next_file++)));
          }
          break;
        case 3:
          WriteFile(dir.File("part" + std::to_string(next_file++)),
                    Line(next_line) + Line(next_line + 1));
          written.insert(next_line);
          written.insert(next_line + 1);
          next_line += 2;
          break;
        case 4: {
          for (int n : numbers(follower->Drain()))
            seen.insert(n);
          snapshots.emplace_back(follower->positions, seen);
          break;
        }
        default: {
          if (random() % 4 != 0)
            break;
          // Everything was seen before a stop; else an old file could be rotated twice unseen.
          const auto& [positions, seen_then] = snapshots[random() % snapshots.size()];
          pipeline::Positions restored = positions;
          seen = seen_then;
          follower = std::make_unique<Follower>(
              std::vector<std::string>{dir.File("live"), dir.File("part*"), dir.File("old*")},
              restored);
          follower->options()->limits = {700, 700, 10000};
        }
      }
    }
    AppendFile(dir.File("live"), open_line);
    follower = std::make_unique<Follower>(
        std::vector<std::string>{dir.File("live"), dir.File("part*"), dir.File("old*")},
        follower->positions);
    for (int n : numbers(follower->Drain()))
      seen.insert(n);
    ASSERT_EQ(seen, written) << "seed " << seed;
  }
}

TEST(FollowSourceTest, APackedFileIsReadOnce) {
  TempDir dir;
  WriteFile(dir.File("a.gz"), tests::Gzip(Lines(0, 3)));
  WriteFile(dir.File("b.zst"), tests::Zstd(Lines(3, 3)));
  Follower follower({dir.path()});
  EXPECT_EQ(follower.Drain(), Lines(0, 6));
  EXPECT_EQ(follower.Drain(), "");
  EXPECT_EQ(follower.source->Health().lag_records, 0);
  Follower again({dir.path()}, follower.positions);
  EXPECT_EQ(again.Drain(), "");
  // Another member behind it is more text, as gzip(1) has it.
  tests::AppendFile(dir.File("a.gz"), tests::Gzip(Lines(6, 2)));
  EXPECT_EQ(again.Drain(), Lines(6, 2));
}

TEST(FollowSourceTest, APackedFileIsReadWhileItIsWritten) {
  TempDir dir;
  std::string text;
  std::mt19937 noise(1);
  for (int i = 0; i < 3000; ++i)
    text += "{\"n\":" + std::to_string(noise()) + "}\n";
  std::string packed = tests::Gzip(text);
  Follower follower({dir.File("*.gz")});
  follower.follow()->rotation_grace = milliseconds(10'000);
  WriteFile(dir.File("a.gz"), "");
  std::string read = follower.Drain();
  for (size_t at = 0; at < packed.size(); at += 5000) {
    tests::AppendFile(dir.File("a.gz"), packed.substr(at, 5000));
    read += follower.Drain();
    EXPECT_EQ(follower.source->Health().problem, "");
  }
  EXPECT_EQ(read, text);
}

TEST(FollowSourceTest, APackedFileThatStaysCutIsSaid) {
  TempDir dir;
  std::string packed = tests::Gzip(Lines(0, 400));
  WriteFile(dir.File("a.gz"), packed.substr(0, packed.size() - 20));
  Follower follower({dir.File("*.gz")});
  follower.Drain();
  follower.Drain();
  std::string problem = follower.source->Health().problem;
  EXPECT_NE(problem.find("ends in the middle"), std::string::npos) << problem;
  EXPECT_EQ(follower.source->Counts().refused, 1U);
  tests::AppendFile(dir.File("a.gz"), packed.substr(packed.size() - 20));
  follower.Drain();
  EXPECT_EQ(follower.source->Health().problem, "");
}

// As logrotate does it, each step between two looks, and all of it between two.
TEST(FollowSourceTest, APackedCopyIsNotReadAgain) {
  for (int looks = 0; looks < 8; ++looks) {
    TempDir dir;
    WriteFile(dir.File("x.log"), Lines(0, 10));
    Follower follower({dir.File("x.log*")});
    std::string read = follower.Drain();
    tests::AppendFile(dir.File("x.log"), Lines(10, 5));  // perhaps not yet read when it is packed
    if ((looks & 1) != 0)
      read += follower.Drain();
    std::filesystem::rename(dir.File("x.log"), dir.File("x.log.1"));
    WriteFile(dir.File("x.log"), Lines(15, 1));
    if ((looks & 2) != 0)
      read += follower.Drain();
    WriteFile(dir.File("x.log.1.gz"), tests::Gzip(Lines(0, 15)));
    if ((looks & 4) != 0)
      read += follower.Drain();
    std::filesystem::remove(dir.File("x.log.1"));
    read += follower.Drain();
    std::map<std::string, int> times;
    for (size_t at = 0; at < read.size(); at = read.find('\n', at) + 1)
      ++times[read.substr(at, read.find('\n', at) - at)];
    EXPECT_EQ(times.size(), 16U) << looks;
    for (const auto& [line, count] : times)
      EXPECT_EQ(count, 1) << looks << " " << line;
    // Nor after a restart.
    Follower again({dir.File("x.log*")}, follower.positions);
    EXPECT_EQ(again.Drain(), "") << looks;
  }
}

}  // namespace
}  // namespace keywatch::file
