#include "engine/base/utf8.h"

#include <gtest/gtest.h>

namespace keywatch {
namespace {

TEST(Utf8, CountsCharactersAndNotBytes) {
  EXPECT_EQ(CountCodePoints(""), 0U);
  EXPECT_EQ(CountCodePoints("key"), 3U);
  EXPECT_EQ(CountCodePoints("Schlüssel"), 9U);
  EXPECT_EQ(CountCodePoints("\xF0\x9F\x94\x91"), 1U);
}

}  // namespace
}  // namespace keywatch
