#include "engine/record/hash.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace keywatch::record {
namespace {

std::string Ascending(size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i)
    text += static_cast<char>(i * 7 + 1);
  return text;
}

// Record ids on disk and in alerts are made of these.
TEST(Hash, NeverChanges) {
  EXPECT_EQ(HashBytes("", 0), 12338261094468325925U);
  EXPECT_EQ(HashBytes("a", 0), 5530996850022335779U);
  EXPECT_EQ(HashBytes("KeyRelease", 0), 4030195026249704828U);
  EXPECT_EQ(HashBytes(Ascending(100), 0), 8573515343333263898U);
}

TEST(Hash, EveryByteAndTheLengthCount) {
  std::set<uint64_t> seen;
  size_t made = 0;
  for (size_t size = 0; size <= 100; ++size) {
    std::string text = Ascending(size);
    seen.insert(HashBytes(text, 5));
    ++made;
    for (size_t i = 0; i < size; ++i) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ 0x40);
      seen.insert(HashBytes(changed, 5));
      ++made;
    }
  }
  EXPECT_EQ(seen.size(), made);
  EXPECT_NE(HashBytes(std::string(3, '\0'), 0), HashBytes(std::string(4, '\0'), 0));
  EXPECT_NE(HashBytes("abc", 0), HashBytes("abc", 1));
}

TEST(Hash, SameBytesComparesEveryByte) {
  for (size_t size = 0; size <= 70; ++size) {
    std::string text = Ascending(size);
    EXPECT_TRUE(SameBytes(text, std::string(text)));
    EXPECT_FALSE(SameBytes(text, text + "x"));
    for (size_t i = 0; i < size; ++i) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      EXPECT_FALSE(SameBytes(text, changed)) << size << " " << i;
    }
  }
}

}  // namespace
}  // namespace keywatch::record
