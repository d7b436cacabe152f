#include "connectors/blob/line_stream.h"

#include <gtest/gtest.h>

namespace keywatch::blob {
namespace {

std::string Line(int second, const std::string& more = "") {
  return "{\"time\": \"2026-11-30T08:00:" + std::string(second < 10 ? "0" : "") +
         std::to_string(second) + ".0000000Z\"" + more + "}\n";
}

Ticks At(int second) {
  return *record::ParseIsoDatetime("2026-11-30T08:00:00Z") + second * record::kTicksPerSecond;
}

std::shared_ptr<const Chunk> Cut(const std::string& text, Range range) {
  return std::make_shared<Chunk>(Chunk{
      range.begin,
      text.substr(static_cast<size_t>(range.begin), static_cast<size_t>(range.end - range.begin))});
}

struct Reading {
  std::string text;  // of all runs
  BlobState next;    // where reading goes on
  bool same = true;  // as far as can be told, the blob that was read before
};

// Reads `blob` on, in ranges of `bytes`.
Reading Read(const std::string& text, BlobState blob, size_t bytes, bool final = false) {
  LineStream stream(blob, static_cast<int64_t>(text.size()), final);
  Reading reading;
  while (!stream.fed()) {
    Range range = stream.NextRange(bytes);
    if (!stream.Feed(Cut(text, range))) {
      reading.same = false;
      break;
    }
    while (stream.has_line()) {
      LineRun run = stream.Take(record::kMaxDatetime, 100);
      EXPECT_EQ(run.text, text.substr(static_cast<size_t>(run.offset), run.text.size()));
      reading.text += run.text;
    }
  }
  blob.offset = stream.offset();
  blob.check = stream.check();
  blob.documents = stream.documents();
  reading.next = blob;
  return reading;
}

// However it is cut into ranges.
TEST(LineStream, GivesWholeLinesAndKeepsAPartialOne) {
  std::string lines;
  for (int i = 0; i < 20; ++i)
    lines += Line(i, ",\"n\":\"" + std::string(static_cast<size_t>(i * 7 % 40), 'x') + "\"");
  const std::string text = lines + "{\"time\": \"2026";
  for (size_t bytes = 1; bytes <= text.size() + 1; ++bytes) {
    Reading reading = Read(text, {}, bytes);
    ASSERT_EQ(reading.text, lines) << bytes;
    ASSERT_EQ(reading.next.offset, static_cast<int64_t>(lines.size()));
    // And on from there, when the line is complete.
    std::string grown = text + "-11\"}\n" + Line(30);
    Reading rest = Read(grown, reading.next, bytes);
    ASSERT_TRUE(rest.same);
    ASSERT_EQ(rest.text, grown.substr(lines.size())) << bytes;
  }
}

TEST(LineStream, ALastLineWithoutEndCountsWhenItIsWholeOrTheHourIsOver) {
  EXPECT_EQ(Read("{\"a\":1}\n{\"b\":2}", {}, 100).text, "{\"a\":1}\n{\"b\":2}");
  EXPECT_EQ(Read("{\"a\":1}\n{\"b\":", {}, 100).text, "{\"a\":1}\n");
  EXPECT_EQ(Read("{\"a\":1}\n{\"b\":", {}, 100, true).text, "{\"a\":1}\n{\"b\":");
  EXPECT_EQ(Read("{\"a\"", {}, 2).text, "");
  EXPECT_EQ(Read("{\"a\"", {}, 2, true).text, "{\"a\"");
  EXPECT_EQ(Read("", {}, 2, true).text, "");
}

TEST(LineStream, ABlobThatWasReplacedIsNoticed) {
  std::string text;
  for (int i = 0; i < 10; ++i)
    text += Line(i);
  Reading first = Read(text, {}, 1000);
  std::string other = text;
  other[text.size() - 20] ^= 1;  // longer, and other before the place where reading goes on
  for (size_t bytes : {10U, 1000U}) {
    Reading again = Read(other + Line(20), first.next, bytes);
    EXPECT_FALSE(again.same);
    EXPECT_EQ(again.text, "");
    EXPECT_EQ(Read(text + Line(20), first.next, bytes).text, Line(20));
  }
  // Of the same length: only compared.
  EXPECT_FALSE(Read(other, first.next, 1000).same);
  EXPECT_TRUE(Read(text, first.next, 1000).same);
}

TEST(LineStream, ABlobThatIsReplacedBetweenTwoRangesIsNoticed) {
  std::string text, other;
  for (int i = 0; i < 10; ++i) {
    text += Line(i);
    other += Line(59 - i);
  }
  LineStream stream({}, static_cast<int64_t>(text.size()), false);
  EXPECT_TRUE(stream.Feed(Cut(text, stream.NextRange(200))));
  EXPECT_FALSE(stream.Feed(Cut(other, stream.NextRange(200))));
}

TEST(LineStream, LinesAreGivenUpToATime) {
  const std::string text = Line(1) + Line(5) + Line(3) + Line(9);
  LineStream stream({}, static_cast<int64_t>(text.size()), false);
  ASSERT_TRUE(stream.Feed(Cut(text, stream.NextRange(1000))));
  EXPECT_EQ(stream.HeadTime(), At(1));
  EXPECT_EQ(stream.Take(At(0), 1000).text, Line(1));  // at least one
  EXPECT_EQ(stream.HeadTime(), At(5));
  // One that is older than the line before it comes with that.
  EXPECT_EQ(stream.Take(At(6), 1000).text, Line(5) + Line(3));
  EXPECT_EQ(stream.HeadTime(), At(9));
  EXPECT_EQ(stream.offset(), static_cast<int64_t>(3 * Line(1).size()));
  EXPECT_EQ(stream.Take(record::kMaxDatetime, 1000).text, Line(9));
  EXPECT_FALSE(stream.has_line());
}

TEST(LineStream, ALineThatIsTooLongIsCut) {
  const std::string text = Line(1) + "{\"x\":\"" +
                           std::string(kLongestLine + (size_t{2} << 20), 'y') + "\"}\n" + Line(2);
  LineStream stream({}, static_cast<int64_t>(text.size()), false);
  std::string taken;
  while (!stream.fed()) {
    ASSERT_TRUE(stream.Feed(Cut(text, stream.NextRange(size_t{1} << 20))));
    while (stream.has_line())
      taken += stream.Take(record::kMaxDatetime, 1000).text;
  }
  EXPECT_EQ(taken.size(), 2 * Line(1).size() + (size_t{64} << 10));
  EXPECT_TRUE(taken.ends_with(Line(2)));
  EXPECT_EQ(stream.offset(), static_cast<int64_t>(text.size()));
  EXPECT_EQ(stream.check(), CheckOf(std::string_view(text).substr(text.size() - 64)));
  EXPECT_GT(stream.cut_bytes(), 0);
}

TEST(LineStream, DocumentsOverSeveralLines) {
  const std::string text = "{\"records\": [\n" + Line(1) + ",\n" + Line(2) + "]}\n";
  for (size_t bytes : {1U, 7U, 1000U}) {
    Reading reading = Read(text, {}, bytes);
    EXPECT_EQ(reading.text, text.substr(0, text.size() - 1)) << bytes;
    EXPECT_TRUE(reading.next.documents);
    EXPECT_EQ(reading.next.offset, static_cast<int64_t>(text.size()));
  }
  // Not closed yet.
  Reading open = Read(text.substr(0, text.size() - 4), {}, 1000);
  EXPECT_EQ(open.text, "");
  EXPECT_EQ(open.next.offset, 0);
}

TEST(LineStream, FindsTheTimeOfALine) {
  EXPECT_EQ(TimeOfLine(Line(7)), At(7));
  EXPECT_EQ(TimeOfLine("{\"a\":1,\"time\":\"2026-11-30T08:00:02Z\"}"), At(2));
  EXPECT_FALSE(TimeOfLine("{\"time\": 5}"));
  EXPECT_FALSE(TimeOfLine("{\"time\":\"yesterday\"}"));
  EXPECT_FALSE(TimeOfLine("{\"time\""));
  EXPECT_FALSE(TimeOfLine(""));
}

}  // namespace
}  // namespace keywatch::blob
