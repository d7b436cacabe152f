#include "engine/delta/real_sum.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace keywatch::delta {
namespace {

double TotalOf(const RealSum& sum) { return static_cast<double>(sum.Total()); }

TEST(RealSum, WhatLeavesLeavesNoTrace) {
  constexpr double kValues[] = {
      0, 1, -1, 0.1, 1e30, -1e30, 1e-300, 3e-5, 1.7e308, -1.7e308, INFINITY, -INFINITY, NAN};
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    RealSum sum;
    std::vector<double> guests;
    for (int i = 0; i < 20; ++i) {
      guests.push_back(kValues[random() % std::size(kValues)]);
      sum.Apply(guests.back(), 1);
      if (i == 10) {
        sum.Apply(0.25, 1);
        sum.Apply(0.5, 1);
      }
    }
    std::shuffle(guests.begin(), guests.end(), random);
    for (double guest : guests)
      sum.Apply(guest, -1);
    EXPECT_EQ(TotalOf(sum), 0.75);
  }
}

TEST(RealSum, InfinitiesAndNaN) {
  RealSum sum;
  EXPECT_EQ(TotalOf(sum), 0);
  sum.Apply(1, 1);
  sum.Apply(INFINITY, 1);
  EXPECT_EQ(TotalOf(sum), INFINITY);
  sum.Apply(-INFINITY, 1);
  EXPECT_TRUE(std::isnan(TotalOf(sum)));
  sum.Apply(INFINITY, -1);
  EXPECT_EQ(TotalOf(sum), -INFINITY);
  sum.Apply(NAN, 1);
  EXPECT_TRUE(std::isnan(TotalOf(sum)));
}

TEST(RealSum, RoundsOnce) {
  RealSum sum;
  for (int i = 0; i < 10; ++i)
    sum.Apply(0.1, 1);
  EXPECT_EQ(TotalOf(sum), 1);  // ten times 0.1 in doubles is 0.9999999999999999
}

}  // namespace
}  // namespace keywatch::delta
