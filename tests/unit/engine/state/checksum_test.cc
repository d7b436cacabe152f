#include "engine/state/checksum.h"

#include <gtest/gtest.h>

namespace keywatch::state {
namespace {

// Known answers of xxHash's own implementation.
TEST(ChecksumTest, AgreesWithXxh64) {
  EXPECT_EQ(Checksum64(""), 0xEF46DB3751D8E999U);
  EXPECT_EQ(Checksum64("a"), 0xD24EC4F1A98C6E5BU);
  EXPECT_EQ(Checksum64("abc"), 0x44BC2CF5AD770999U);
  EXPECT_EQ(Checksum64("Nobody inspects the spammish repetition"), 0xFBCEA83C8A378BF1U);
}

TEST(ChecksumTest, EveryBitOfEveryLengthCounts) {
  for (size_t length = 1; length <= 80; ++length) {
    std::string text(length, 'x');
    uint64_t whole = Checksum64(text);
    for (size_t bit = 0; bit < 8 * length; ++bit) {
      std::string flipped = text;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      ASSERT_NE(Checksum64(flipped), whole) << "length " << length << " bit " << bit;
    }
  }
}

}  // namespace
}  // namespace keywatch::state
