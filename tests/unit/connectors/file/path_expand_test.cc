#include "connectors/file/path_expand.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace keywatch::file {
namespace {

using tests::TempDir;
using tests::WriteFile;

std::vector<std::string> NamesIn(const TempDir& dir, const ExpandedPaths& expanded) {
  std::vector<std::string> names;
  for (const FoundFile& file : expanded.files) {
    names.push_back(std::filesystem::relative(file.path, dir.path()).string());
  }
  return names;
}

class PathExpandTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(dir_.File("sub/deep"));
    for (const char* name : {"b.log", "a.log", "c.txt", "sub/d.log", "sub/deep/e.log", ".hidden"}) {
      WriteFile(dir_.File(name), "x");
    }
  }
  TempDir dir_;
};

TEST_F(PathExpandTest, FilesPatternsAndDirectoriesComeSorted) {
  ExpandedPaths expanded = ExpandPaths({dir_.File("*.log"), dir_.File("sub")}, true, 100);
  EXPECT_TRUE(expanded.problems.empty());
  EXPECT_EQ(NamesIn(dir_, expanded),
            (std::vector<std::string>{"a.log", "b.log", "sub/d.log", "sub/deep/e.log"}));
  EXPECT_EQ(NamesIn(dir_, ExpandPaths({dir_.path()}, true, 100)).size(), 5U);
}

TEST_F(PathExpandTest, NoFileComesTwice) {
  std::filesystem::create_hard_link(dir_.File("a.log"), dir_.File("link.log"));
  ExpandedPaths expanded =
      ExpandPaths({dir_.File("a.log"), dir_.File("a.log"), dir_.File("*.log")}, true, 100);
  EXPECT_EQ(NamesIn(dir_, expanded), (std::vector<std::string>{"a.log", "b.log"}));
}

TEST_F(PathExpandTest, WhatIsMissingIsNamed) {
  ExpandedPaths expanded = ExpandPaths({dir_.File("no.log"), dir_.File("*.none")}, true, 100);
  ASSERT_EQ(expanded.problems.size(), 2U);
  EXPECT_EQ(expanded.problems[0], dir_.File("no.log") + ": No such file or directory");
  EXPECT_EQ(expanded.problems[1], dir_.File("*.none") + ": no file matches the pattern");
  EXPECT_TRUE(ExpandPaths({dir_.File("*.none")}, false, 100).problems.empty());
}

TEST_F(PathExpandTest, AFileMayHaveAPatternForAName) {
  WriteFile(dir_.File("a[1].log"), "x");
  EXPECT_EQ(NamesIn(dir_, ExpandPaths({dir_.File("a[1].log")}, true, 100)),
            (std::vector<std::string>{"a[1].log"}));
}

TEST_F(PathExpandTest, TooManyIsSaid) {
  ExpandedPaths expanded = ExpandPaths({dir_.path()}, true, 2);
  EXPECT_EQ(expanded.files.size(), 2U);
  EXPECT_TRUE(expanded.too_many);
  EXPECT_EQ(expanded.problems.size(), 1U);
}

TEST_F(PathExpandTest, AFileIsFoundByItsInode) {
  ExpandedPaths before = ExpandPaths({dir_.File("a.log")}, true, 100);
  std::filesystem::rename(dir_.File("a.log"), dir_.File("a.log.1"));
  std::vector<FoundFile> found = FindInodes(dir_.path(), {before.files[0].inode});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].path, dir_.File("a.log.1"));
}

}  // namespace
}  // namespace keywatch::file
