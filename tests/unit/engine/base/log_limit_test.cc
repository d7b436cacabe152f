#include "engine/base/log_limit.h"

#include <gtest/gtest.h>

namespace keywatch {
namespace {

using std::chrono::milliseconds;

constexpr LogPlace kHere{"a.cc", 1};
constexpr LogPlace kThere{"a.cc", 2};
constexpr int kWarning = 2;

LogLimitSettings Small() { return {.most = 3, .interval = milliseconds(1000), .most_places = 2}; }

int Admitted(LogLimit* limit, LogPlace place, int lines, milliseconds now) {
  int admitted = 0;
  for (int i = 0; i < lines; ++i)
    admitted += limit->Admit(place, kWarning, "line " + std::to_string(i), now) ? 1 : 0;
  return admitted;
}

TEST(LogLimit, OfOnePlaceSomeAreWrittenAndTheRestIsTold) {
  LogLimit limit(Small());
  EXPECT_EQ(Admitted(&limit, kHere, 1237, milliseconds(5000)), 3);
  EXPECT_TRUE(limit.Ended(milliseconds(5999)).empty());
  std::vector<SuppressedLines> ended = limit.Ended(milliseconds(6000));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].count, 1234U);
  EXPECT_EQ(ended[0].message, "line 3") << "the first that was left out";
  EXPECT_EQ(ended[0].level, kWarning);
  EXPECT_TRUE(limit.Ended(milliseconds(7000)).empty()) << "told once";
  EXPECT_EQ(Admitted(&limit, kHere, 5, milliseconds(7000)), 3) << "a new interval";
}

TEST(LogLimit, APlaceHidesNoOther) {
  LogLimit limit(Small());
  EXPECT_EQ(Admitted(&limit, kHere, 100, milliseconds(0)), 3);
  EXPECT_EQ(Admitted(&limit, kThere, 2, milliseconds(500)), 2);
  EXPECT_EQ(limit.Ended(milliseconds(1000)).size(), 1U);
  EXPECT_EQ(limit.places(), 1U) << "the interval of the other one goes on";
  EXPECT_EQ(Admitted(&limit, kThere, 2, milliseconds(1400)), 1);
  EXPECT_EQ(limit.Ended(milliseconds(1500)).size(), 1U);
}

TEST(LogLimit, AQuietPlaceIsForgottenWithoutAWord) {
  LogLimit limit(Small());
  EXPECT_EQ(Admitted(&limit, kHere, 3, milliseconds(0)), 3);
  EXPECT_TRUE(limit.Ended(milliseconds(1000)).empty());
  EXPECT_EQ(limit.places(), 0U);
}

TEST(LogLimit, TooManyPlacesShareABudget) {
  LogLimit limit(Small());
  int admitted = 0;
  for (uint32_t line = 1; line <= 1000; ++line)
    admitted += Admitted(&limit, {"b.cc", line}, 1, milliseconds(0));
  EXPECT_EQ(admitted, 2 + 3);
  EXPECT_EQ(limit.places(), 3U);
  std::vector<SuppressedLines> ended = limit.Ended(milliseconds(1000));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].count, 1000U - 2 - 3);
}

}  // namespace
}  // namespace keywatch
