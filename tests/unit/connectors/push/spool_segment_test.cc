#include "connectors/push/spool_segment.h"

#include <gtest/gtest.h>

namespace keywatch::push {
namespace {

TEST(SpoolSegment, AnEntryIsReadAsItWasWritten) {
  std::string bytes;
  AppendEntry("one", &bytes);
  AppendEntry(std::string(300, 'x'), &bytes);
  EntryHeader first = ReadEntryHeader(bytes);
  EXPECT_EQ(first.length, 3U);
  EXPECT_TRUE(IsSound(first, "one"));
  EXPECT_FALSE(IsSound(first, "onf"));
  EXPECT_FALSE(IsSound(first, "on"));
  EntryHeader second = ReadEntryHeader(std::string_view(bytes).substr(kEntryHeaderBytes + 3));
  EXPECT_EQ(second.length, 300U);
  EXPECT_TRUE(IsSound(second, std::string(300, 'x')));
}

TEST(SpoolSegment, ZerosAreNoEntry) {
  EXPECT_FALSE(IsSound(ReadEntryHeader(std::string(kEntryHeaderBytes, '\0')), ""));
}

TEST(SpoolSegment, PositionsGrowWithPlaces) {
  SpoolPlace places[] = {{0, 0}, {0, 7}, {1, 0}, {1, 4'000'000'000}, {4'000'000'000 / 2, 3}};
  int64_t before = -1;
  for (const SpoolPlace& place : places) {
    EXPECT_EQ(ToPlace(ToPosition(place)), place);
    EXPECT_GT(ToPosition(place), before);
    before = ToPosition(place);
  }
}

TEST(SpoolSegment, Names) {
  EXPECT_EQ(SegmentName(42), "00000042.spool");
  EXPECT_EQ(ParseSegmentName("00000042.spool"), 42U);
  EXPECT_EQ(ParseSegmentName(SegmentName(4'000'000'000)), 4'000'000'000U);
  for (const char* other : {"42.spool", "00000042.tmp", "0000004x.spool", ".spool", ""})
    EXPECT_FALSE(ParseSegmentName(other)) << other;
}

}  // namespace
}  // namespace keywatch::push
