#include "connectors/blob/blob_book.h"

#include <gtest/gtest.h>

namespace keywatch::blob {
namespace {

using pipeline::kForgetPosition;
using pipeline::Positions;
using Seen = BlobBook::Seen;

const Ticks kMark = *record::ParseIsoDatetime("2026-11-30T08:00:00Z");

std::string NameOf(Ticks hour) {
  return "resourceId=/V/y=2026/m=11/d=30/h=" + std::string(hour < kMark + 2 * kHour ? "0" : "") +
         std::to_string(record::ToCivil(hour).hour) + "/m=00/PT1H.json";
}

ListedBlob Listed(Ticks hour, int64_t size, const std::string& etag, Ticks modified = 0) {
  return {NameOf(hour), size, etag, modified};
}

// What a snapshot would hold.
void Apply(Positions changes, Positions* all) {
  for (const auto& [key, position] : changes) {
    if (position == kForgetPosition)
      all->erase(key);
    else
      (*all)[key] = position;
  }
}

TEST(BlobBook, TellsNewGrownAndKnown) {
  BlobBook book({}, kMark + 30 * record::kTicksPerMinute, "c");
  EXPECT_EQ(book.mark(), kMark);
  const std::string name = NameOf(kMark);
  EXPECT_EQ(book.Note(Listed(kMark, 10, "1"), kMark), Seen::kNew);
  EXPECT_TRUE(BlobBook::IsPending(book.at(name)));
  EXPECT_EQ(*book.at(name).origin, "c/" + name);
  book.Advance(name, 8, CheckOf("12345678"), false);
  book.NoteRead(name, "1", false);
  EXPECT_EQ(book.Note(Listed(kMark, 10, "1"), kMark), Seen::kKnown);
  EXPECT_EQ(book.Note(Listed(kMark, 20, "2"), kMark), Seen::kGrown);
  EXPECT_EQ(book.at(name).offset, 8);
}

TEST(BlobBook, AShorterBlobIsReadAnew) {
  BlobBook book({}, kMark, "c");
  const std::string name = NameOf(kMark);
  book.Note(Listed(kMark, 10, "1"), kMark);
  book.Advance(name, 10, 5, false);
  book.NoteRead(name, "1", false);
  EXPECT_EQ(book.Note(Listed(kMark, 9, "2"), kMark), Seen::kShrunk);
  EXPECT_EQ(book.at(name).offset, 0);
  EXPECT_TRUE(BlobBook::IsPending(book.at(name)));
}

TEST(BlobBook, ARestartGoesOnWhereTheSnapshotStands) {
  Positions snapshot;
  BlobBook book({}, kMark, "c");
  const std::string name = NameOf(kMark);
  book.Note(Listed(kMark, 10, "1"), kMark);
  book.Advance(name, 10, CheckOf("0123456789"), false);
  book.NoteListed(kMark + kHour);
  Apply(book.TakeChanges(), &snapshot);
  EXPECT_EQ(book.TakeChanges(), Positions());

  BlobBook again(snapshot, 0, "c");
  EXPECT_EQ(again.mark(), kMark);
  EXPECT_EQ(again.at(name).offset, 10);
  EXPECT_EQ(again.at(name).check, CheckOf("0123456789"));
  // Whether it is the same blob is found out by reading.
  EXPECT_EQ(again.Note(Listed(kMark, 10, "1"), kMark), Seen::kGrown);
  EXPECT_TRUE(BlobBook::IsPending(again.at(name)));
}

TEST(BlobBook, ClosedHoursLeaveOnlyTheMark) {
  Positions snapshot;
  BlobBook book({}, kMark, "c");
  for (Ticks hour : {kMark, kMark + kHour}) {
    book.Note(Listed(hour, 10, "1"), hour);
    book.Advance(NameOf(hour), 10, 1, false);
  }
  book.CloseTo(kMark + kHour);
  Apply(book.TakeChanges(), &snapshot);
  EXPECT_EQ(snapshot,
            (Positions{{"mark", kMark + kHour},
                       {"lines/" + NameOf(kMark + kHour), 10},
                       {"check/" + NameOf(kMark + kHour), 1}}));
  book.CloseTo(kMark);  // never back
  EXPECT_EQ(book.mark(), kMark + kHour);
}

TEST(BlobBook, AChangeBehindTheMarkIsToldOnce) {
  BlobBook book({}, kMark, "c");
  const Ticks listed = kMark + 5 * kHour;
  book.Note(Listed(kMark, 10, "1", listed - kHour), kMark);
  book.CloseTo(kMark + kHour);
  // Before anything was listed nobody knows what is a change.
  EXPECT_EQ(book.Note(Listed(kMark, 12, "2", listed + kHour), kMark), Seen::kOld);
  book.NoteListed(listed);
  EXPECT_EQ(book.Note(Listed(kMark, 12, "2", listed - 2 * record::kTicksPerSecond), kMark),
            Seen::kOld);
  EXPECT_EQ(book.Note(Listed(kMark, 14, "3", listed), kMark), Seen::kBehind);
  EXPECT_EQ(book.Note(Listed(kMark, 14, "3", listed), kMark), Seen::kOld);
  // The version that was read when the hour was closed is none.
  EXPECT_EQ(book.Note(Listed(kMark, 10, "1", listed), kMark), Seen::kOld);
}

TEST(BlobBook, DocumentsAreReadAnewWhenTheyChange) {
  BlobBook book({}, kMark, "c");
  const std::string name = NameOf(kMark);
  book.Note(Listed(kMark, 10, "1"), kMark);
  book.Advance(name, 10, 0, true);
  book.NoteRead(name, "1", false);
  Positions snapshot;
  Apply(book.TakeChanges(), &snapshot);
  EXPECT_EQ(snapshot.at("docs/" + name), 10);
  EXPECT_EQ(book.Note(Listed(kMark, 12, "2"), kMark), Seen::kChanged);
  EXPECT_EQ(book.at(name).offset, 0);
  // After a restart a blob that ends where reading ended is taken for the same.
  BlobBook again(snapshot, 0, "c");
  EXPECT_EQ(again.Note(Listed(kMark, 10, "7"), kMark), Seen::kKnown);
}

TEST(BlobBook, ADeletedBlobIsAGapOnlyIfItHadMore) {
  BlobBook book({}, kMark, "c");
  const std::string name = NameOf(kMark);
  book.Note(Listed(kMark, 10, "1"), kMark);
  EXPECT_TRUE(book.NoteGone(name));
  book.Note(Listed(kMark, 10, "1"), kMark);
  book.Advance(name, 10, 0, false);
  EXPECT_FALSE(book.NoteGone(name));
  book.Note(Listed(kMark, 10, "1"), kMark);
  book.NoteRead(name, "1", true);  // given up, and told then
  EXPECT_FALSE(book.NoteGone(name));
  EXPECT_TRUE(book.blobs().empty());
}

}  // namespace
}  // namespace keywatch::blob
