#include "engine/pipeline/input_clocks.h"

#include <gtest/gtest.h>

namespace keywatch::pipeline {
namespace {

constexpr record::Ticks kIdle = 100;
constexpr record::Ticks kForever = record::kMaxDatetime;
const SourceHealth kNothingLeft{true, true, "", 0};
const SourceHealth kMoreToRead{true, true, "", 7};
const SourceHealth kLagUnknown{true, true, "", -1};
const SourceHealth kNotConnected{false, true, "", 0};
const SourceHealth kNotAssigned{true, false, "", 0};

TEST(InputClocks, NothingIsCompleteBeforeEveryInputHasShownItself) {
  InputClocks clocks(2, kIdle);
  clocks.Start(1000);
  clocks.OnBatch(0, 1001);
  clocks.OnRows(0, 50);
  EXPECT_EQ(clocks.Complete(), 0);
  EXPECT_EQ(clocks.Of(0).others, 0);
  EXPECT_EQ(clocks.Of(1).others, 50);
  EXPECT_FALSE(clocks.Of(0).first);
  EXPECT_TRUE(clocks.Of(1).first);
  EXPECT_FALSE(clocks.CaughtUp());
}

TEST(InputClocks, TheOneThatIsFurthestBehindDecides) {
  InputClocks clocks(3, kIdle);
  clocks.Start(1000);
  for (size_t i = 0; i < 3; ++i) {
    clocks.OnBatch(i, 1001);
    clocks.OnRows(i, 50 + static_cast<record::Ticks>(i));
  }
  clocks.OnRows(1, 20);  // a clock does not go back
  EXPECT_EQ(clocks.Complete(), 50);
  EXPECT_EQ(clocks.Of(0).own, 50);
  EXPECT_EQ(clocks.Of(0).others, 51);
  clocks.OnNothing(0, kNothingLeft, 1002);
  EXPECT_EQ(clocks.Complete(), 51);
  clocks.OnEnd(1);
  EXPECT_EQ(clocks.Complete(), 52);
  clocks.OnNothing(2, kNothingLeft, 1002);
  EXPECT_EQ(clocks.Complete(), kForever);
  EXPECT_TRUE(clocks.CaughtUp());
}

TEST(InputClocks, WhatIsKnownToComeOrNotKnownIsWaitedFor) {
  for (const SourceHealth& health : {kMoreToRead, kLagUnknown, kNotConnected, kNotAssigned}) {
    InputClocks clocks(1, kIdle);
    clocks.Start(1000);
    clocks.OnNothing(0, health, 1001);
    EXPECT_FALSE(clocks.CaughtUp());
  }
}

TEST(InputClocks, AnUnknownLagIsNoneAfterTheIdleTimeout) {
  InputClocks clocks(1, kIdle);
  clocks.Start(1000);
  clocks.OnBatch(0, 1010);
  clocks.OnNothing(0, kLagUnknown, 1109);
  EXPECT_FALSE(clocks.CaughtUp());
  clocks.OnNothing(0, kLagUnknown, 1110);
  EXPECT_TRUE(clocks.CaughtUp());
  clocks.OnNothing(0, kNotConnected, 9000);
  EXPECT_FALSE(clocks.CaughtUp());
  InputClocks never(1, 0);
  never.Start(1000);
  never.OnNothing(0, kLagUnknown, 9000);
  EXPECT_FALSE(never.CaughtUp());
}

}  // namespace
}  // namespace keywatch::pipeline
