#include "app/generate/random.h"

#include <set>

#include <gtest/gtest.h>

namespace keywatch::generate {
namespace {

// Computed from the published algorithms by other code.
TEST(RandomTest, IsXoshiroSeededBySplitmix) {
  Random random(1);
  EXPECT_EQ(random.Next(), 0xb3f2af6d0fc710c5U);
  EXPECT_EQ(random.Next(), 0x853b559647364ceaU);
  EXPECT_EQ(random.Next(), 0x92f89756082a4514U);
}

TEST(RandomTest, StaysWithinItsBounds) {
  Random random(2);
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(random.Below(7));
    int64_t wide = random.Between(-5, int64_t{1} << 40);
    EXPECT_GE(wide, -5);
    EXPECT_LE(wide, int64_t{1} << 40);
  }
  EXPECT_EQ(seen.size(), 7U);
  EXPECT_EQ(*seen.rbegin(), 6U);
}

TEST(RandomTest, ForksAreIndependentOfEachOther) {
  Random random(3);
  Random one = random.Fork(1);
  Random two = random.Fork(2);
  EXPECT_NE(one.Next(), two.Next());
  Random again = random.Fork(1);
  again.Next();
  EXPECT_EQ(one.Next(), again.Next());
}

}  // namespace
}  // namespace keywatch::generate
