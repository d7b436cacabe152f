#include "connectors/file/file_identity.h"

#include <gtest/gtest.h>

namespace keywatch::file {
namespace {

FileIdentity Known(std::string_view prefix) {
  return {64769, 1234, prefix.size(), HashPrefix(prefix), "/var/log/a:b.log"};
}

TEST(FileIdentityTest, KeysComeBack) {
  FileIdentity identity = Known("prefix");
  EXPECT_EQ(FormatKey(identity).substr(0, 18), "file:64769:1234:6:");
  EXPECT_EQ(ParseKey(FormatKey(identity)), identity);
}

// Keys are in snapshots: a change of the hash would read every file again.
TEST(FileIdentityTest, TheHashStays) { EXPECT_EQ(HashPrefix("{\"time\":"), 0x642eead6118ffb7dU); }

TEST(FileIdentityTest, OtherKeysAreNotOurs) {
  for (std::string_view key :
       {"", "topic/3", "file:", "file:1:2:3", "file:1:2:x:0:p", "file:1:2:2000:0:p"}) {
    EXPECT_EQ(ParseKey(key), std::nullopt) << key;
  }
}

TEST(FileIdentityTest, TheSameFileMatchesWhateverItsName) {
  std::string head(1024, 'x');
  EXPECT_EQ(MatchIdentity(Known(head), 5000, {"/elsewhere", 64769, 1234, 5000, 0}, head), 3);
  EXPECT_EQ(MatchIdentity(Known(head), 5000, {"/elsewhere", 7, 1234, 6000, 0}, head), 1);
  EXPECT_EQ(MatchIdentity(Known(head), 5000, {"/var/log/a:b.log", 7, 8, 6000, 0}, head), 2);
  EXPECT_EQ(MatchIdentity(Known(head), 5000, {"/elsewhere", 7, 8, 6000, 0}, head), 0);
}

TEST(FileIdentityTest, AReusedInodeDoesNotMatch) {
  std::string head(1024, 'x');
  std::string other = head;
  other[1000] = 'y';
  EXPECT_EQ(MatchIdentity(Known(head), 10, {"/var/log/a:b.log", 64769, 1234, 5000, 0}, other), 0);
  // Shorter than what was hashed, or than what was read.
  EXPECT_EQ(MatchIdentity(Known(head), 10, {"/p", 64769, 1234, 5000, 0}, head.substr(0, 1000)), 0);
  EXPECT_EQ(MatchIdentity(Known(head), 5001, {"/p", 64769, 1234, 5000, 0}, head), 0);
}

TEST(FileIdentityTest, AShortBeginningIsNotEnoughForACopy) {
  EXPECT_EQ(MatchIdentity(Known("[\n"), 2, {"/var/log/a:b.log", 7, 8, 100, 0}, "[\n{}]"), 0);
  EXPECT_EQ(MatchIdentity(Known("[\n"), 2, {"/var/log/a:b.log", 64769, 1234, 100, 0}, "[\n{}]"), 3);
}

}  // namespace
}  // namespace keywatch::file
