#include "engine/record/time.h"

#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace keywatch::record {
namespace {

std::string Iso(std::string_view text) {
  std::optional<Ticks> ticks = ParseIsoDatetime(text);
  return ticks ? FormatDatetime(*ticks) : "null";
}
std::string Any(std::string_view text) {
  std::optional<Ticks> ticks = ParseDatetime(text);
  return ticks ? FormatDatetime(*ticks) : "null";
}
std::string Span(std::string_view text) {
  std::optional<Ticks> ticks = ParseTimespan(text);
  return ticks ? FormatTimespan(*ticks) : "null";
}

TEST(Time, CivilRoundTripOverAllDays) {
  CivilTime last;
  for (Ticks day = 0; day <= kMaxDatetime; day += kTicksPerDay) {
    CivilTime civil = ToCivil(day);
    ASSERT_EQ(FromCivil(civil), day);
    if (day > 0) {
      bool next_day =
          civil.year == last.year && civil.month == last.month && civil.day == last.day + 1;
      bool next_month = civil.day == 1 && (civil.month == last.month + 1 || civil.month == 1);
      ASSERT_TRUE(next_day || next_month) << day;
    }
    last = civil;
  }
  EXPECT_EQ(last.year, 9999);
  EXPECT_EQ(last.month, 12);
  EXPECT_EQ(last.day, 31);
}

TEST(Time, KnownInstants) {
  EXPECT_EQ(FormatDatetime(kUnixEpoch), "1970-01-01T00:00:00.0000000Z");
  EXPECT_EQ(FormatDatetime(0), "0001-01-01T00:00:00.0000000Z");
  EXPECT_EQ(FormatDatetime(kMaxDatetime), "9999-12-31T23:59:59.9999999Z");
  EXPECT_EQ(ParseIsoDatetime("2024-02-29T12:00:00Z"), FromUnixMilliseconds(1'709'208'000'000));
  EXPECT_EQ(ToUnixSeconds(FromUnixMilliseconds(1500)), 1.5);
}

TEST(Time, RefusesPartsOutOfRange) {
  EXPECT_EQ(FromCivil({2023, 2, 29, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(FromCivil({2024, 2, 30, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(FromCivil({0, 1, 1, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(FromCivil({10000, 1, 1, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(FromCivil({2024, 13, 1, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(FromCivil({2024, 1, 1, 24, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(FromCivil({2024, 1, 1, 0, 60, 0, 0}), std::nullopt);
  EXPECT_EQ(FromCivil({2024, 1, 1, -1, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(FromCivil({2024, 1, 1, 0, 0, 0, -1}), std::nullopt);
  EXPECT_EQ(FromCivil({2024, 1, 1, 0, 0, 0, 10'000'000}), std::nullopt);
}

TEST(Time, IsoForms) {
  EXPECT_EQ(Iso("2026-03-01T10:00:00.1234567Z"), "2026-03-01T10:00:00.1234567Z");
  EXPECT_EQ(Iso("2026-03-01T10:00:00.123456789Z"), "2026-03-01T10:00:00.1234567Z")
      << "cut, not rounded";
  EXPECT_EQ(Iso("2026-03-01T10:00:00.9999999999999999999Z"), "2026-03-01T10:00:00.9999999Z");
  EXPECT_EQ(Iso("2026-03-01T10:00:00Z"), "2026-03-01T10:00:00.0000000Z");
  EXPECT_EQ(Iso("2026-03-01T10:00Z"), "2026-03-01T10:00:00.0000000Z");
  EXPECT_EQ(Iso("2026-03-01 10:00:00"), "2026-03-01T10:00:00.0000000Z");
  EXPECT_EQ(Iso("2026-03-01"), "2026-03-01T00:00:00.0000000Z");
  EXPECT_EQ(Iso("2026-03-01T10:00:00+02:00"), "2026-03-01T08:00:00.0000000Z");
  EXPECT_EQ(Iso("2026-03-01T10:00:00-0530"), "2026-03-01T15:30:00.0000000Z");
  EXPECT_EQ(Iso("2026-03-01T10:00:00+02"), "2026-03-01T08:00:00.0000000Z");
}

TEST(Time, RefusesWhatIsNoIsoTime) {
  for (const char* text : {"",
                           "2026",
                           "2026-3-1",
                           "2026-03-01T",
                           "2026-03-01T10",
                           "2026-03-01T10:0:00Z",
                           "2026-02-29",
                           "2026-03-01T25:00:00Z",
                           "2026-03-01T10:60:00Z",
                           "2026-03-01T10:00:60Z",
                           "2026-03-01T10:00:00ZZ",
                           "2026-03-01T10:00:00Zx",
                           "2026-03-01T10:00:00+",
                           "2026-03-01T10:00:00+15:00",
                           "2026-03-01T10:00:00+02:",
                           "2026-03-0110:00:00",
                           "2026-03-01T10:00:00.1.2Z",
                           "x2026-03-01",
                           "0001-01-01T00:00:00+01:00",
                           "9999-12-31T23:59:59-01:00",
                           "2026-03-01T10:00:00 UTC x",
                           "2026-03-01T10:00:00.Z"}) {
    EXPECT_EQ(Iso(text), "null") << text;
  }
}

TEST(Time, FormsOfTodatetime) {
  EXPECT_EQ(Any(" 2026-03-01 "), "2026-03-01T00:00:00.0000000Z");
  EXPECT_EQ(Any("03-01-2026"), "2026-03-01T00:00:00.0000000Z");
  EXPECT_EQ(Any("3/1/2026 10:00"), "2026-03-01T10:00:00.0000000Z");
  EXPECT_EQ(Any("2 Dec 2022"), "2022-12-02T00:00:00.0000000Z");
  EXPECT_EQ(Any("20221202"), "2022-12-02T00:00:00.0000000Z");
  EXPECT_EQ(Any("Sat, 8 Nov 2014 15:05:02 GMT"), "2014-11-08T15:05:02.0000000Z");
  EXPECT_EQ(Any("13/01/2026"), "null");
  EXPECT_EQ(Any("soon"), "null");
  EXPECT_EQ(Any("2 Foo 2022"), "null");
}

TEST(Time, Timespans) {
  EXPECT_EQ(Span("1.02:03:04.5"), "1.02:03:04.5000000");
  EXPECT_EQ(Span("-00:00:01"), "-00:00:01");
  EXPECT_EQ(Span("00:05"), "00:05:00");
  EXPECT_EQ(Span("1d"), "1.00:00:00");
  EXPECT_EQ(Span("1.5h"), "01:30:00");
  EXPECT_EQ(Span("10 seconds"), "00:00:10");
  EXPECT_EQ(Span("2"), "2.00:00:00");
  EXPECT_EQ(Span("10675199.02:48:05.4775807"), "10675199.02:48:05.4775807");
  EXPECT_EQ(Span("-10675199.02:48:05.4775807"), "-10675199.02:48:05.4775807");
  for (const char* text : {"",
                           "x",
                           "1x",
                           "24:00:00",
                           "00:60",
                           "99999999.00:00:00",
                           "1e30",
                           "1:2:3:4",
                           "10675199.02:48:05.4775808",
                           "nan",
                           "inf",
                           "1e300d"}) {
    EXPECT_EQ(Span(text), "null") << text;
  }
}

TEST(Time, TimespanTextReadsBackTheSame) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    auto ticks = static_cast<Ticks>(random()) >> (random() % 60);
    if (ticks == std::numeric_limits<Ticks>::min())
      continue;
    ASSERT_EQ(ParseTimespan(FormatTimespan(ticks)), ticks) << ticks;
  }
  EXPECT_EQ(FormatTimespan(std::numeric_limits<Ticks>::min()), "-10675199.02:48:05.4775808");
}

TEST(Time, DatetimeTextReadsBackTheSame) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20'000; ++i) {
    auto ticks = static_cast<Ticks>(random() % static_cast<uint64_t>(kMaxDatetime));
    ASSERT_EQ(ParseIsoDatetime(FormatDatetime(ticks)), ticks);
    ASSERT_EQ(ParseIsoDatetime(FormatDatetimeShort(ticks)), ticks);
  }
}

TEST(Time, FloorIsTheMultipleBelow) {
  EXPECT_EQ(FloorTo(7, 5), 5);
  EXPECT_EQ(FloorTo(-1, 5), -5);
  EXPECT_EQ(FloorTo(-5, 5), -5);
  EXPECT_EQ(FloorTo(0, 5), 0);
}

}  // namespace
}  // namespace keywatch::record
