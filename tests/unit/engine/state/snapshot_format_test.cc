// A snapshot with a byte changed, missing or added is never taken for a sound one.
#include "engine/state/snapshot_format.h"

#include <gtest/gtest.h>

#include "engine/state/byte_writer.h"
#include "engine/state/checksum.h"

namespace keywatch::state {
namespace {

std::string SmallSnapshot() {
  return EncodeSnapshotHeader(7, {{"positions", "topic/3=42"}, {"empty", ""}, {"rules", "state"}}) +
         "topic/3=42" + "state";
}

TEST(SnapshotFormatTest, SectionsComeBack) {
  Result<Snapshot> snapshot = Snapshot::Parse(SmallSnapshot());
  ASSERT_TRUE(snapshot) << snapshot.error().message();
  EXPECT_EQ(snapshot->sequence(), 7U);
  EXPECT_EQ(snapshot->names(), (std::vector<std::string>{"positions", "empty", "rules"}));
  EXPECT_EQ(snapshot->Find("positions"), "topic/3=42");
  EXPECT_EQ(snapshot->Find("empty"), "");
  EXPECT_EQ(snapshot->Find("rules"), "state");
  EXPECT_EQ(snapshot->Find("rule"), std::nullopt);
}

TEST(SnapshotFormatTest, EveryFlippedBitIsNoticed) {
  std::string good = SmallSnapshot();
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    Result<Snapshot> snapshot = Snapshot::Parse(bad);
    ASSERT_FALSE(snapshot) << "bit " << bit;
    ASSERT_EQ(snapshot.error().code(), StatusCode::kDataLoss) << "bit " << bit;
  }
}

TEST(SnapshotFormatTest, EveryOtherByteIsNoticed) {
  std::string good = SmallSnapshot();
  for (size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string bad = good;
      bad[at] = static_cast<char>(byte);
      ASSERT_EQ(Snapshot::Parse(bad).has_value(), bad == good) << "byte " << at << " as " << byte;
    }
  }
}

TEST(SnapshotFormatTest, EveryCutIsNoticed) {
  std::string good = SmallSnapshot();
  for (size_t length = 0; length < good.size(); ++length) {
    Result<Snapshot> snapshot = Snapshot::Parse(good.substr(0, length));
    ASSERT_FALSE(snapshot) << "length " << length;
    ASSERT_EQ(snapshot.error().code(), StatusCode::kDataLoss) << "length " << length;
  }
}

TEST(SnapshotFormatTest, BytesAtTheEndAreNoticed) {
  EXPECT_FALSE(Snapshot::Parse(SmallSnapshot() + '\0'));
  EXPECT_FALSE(Snapshot::Parse(SmallSnapshot() + SmallSnapshot()));
}

TEST(SnapshotFormatTest, ANewerVersionSaysWhatToDo) {
  std::string bytes = SmallSnapshot().substr(0, 8);
  ByteWriter writer(&bytes);
  writer.U32(kSnapshotVersion + 1);
  writer.U32(8);
  writer.U64(Checksum64(bytes));
  bytes += "whatever a newer version puts here";
  Result<Snapshot> snapshot = Snapshot::Parse(bytes);
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code(), StatusCode::kInvalidInput);
  EXPECT_NE(snapshot.error().message().find("format version 2"), std::string::npos);
}

TEST(SnapshotFormatTest, WhatWasFoundIsNamed) {
  std::string bytes = SmallSnapshot();
  bytes.back() = 'x';
  EXPECT_EQ(Snapshot::Parse(bytes).error().message(),
            "the checksum of section rules does not match");
  EXPECT_EQ(Snapshot::Parse(SmallSnapshot().substr(0, bytes.size() - 1)).error().message(),
            "expected 5 bytes in section rules, found 4");
}

}  // namespace
}  // namespace keywatch::state
