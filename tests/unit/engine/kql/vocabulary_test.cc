// The word lists against each other.
#include "engine/kql/vocabulary.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace keywatch::kql {
namespace {

TEST(VocabularyTest, NoOperatorIsBothSupportedAndNot) {
  for (const std::string& name : SupportedOperators()) {
    const auto& other = UnsupportedOperators();
    EXPECT_EQ(std::find(other.begin(), other.end(), name), other.end()) << name;
  }
}

TEST(VocabularyTest, ReservesWordsByPlace) {
  EXPECT_TRUE(IsReserved("by"));
  EXPECT_FALSE(IsReservedBeforeAssign("by"));
  EXPECT_FALSE(IsReserved("kind"));
  EXPECT_TRUE(IsReservedBeforeAssign("kind"));
  EXPECT_TRUE(IsReserved("and"));
  EXPECT_TRUE(IsReservedBeforeAssign("and"));
  for (const char* column : {"Type", "Title", "count", "id", "table", "TimeGenerated", "Name"}) {
    EXPECT_FALSE(IsReserved(column)) << column;
    EXPECT_FALSE(IsReservedBeforeAssign(column)) << column;
  }
}

TEST(VocabularyTest, EveryTypeIsItsOwnCanonicalName) {
  for (const std::string& name : TypeNames())
    EXPECT_EQ(CanonicalType(name), name);
  EXPECT_EQ(CanonicalType("date"), "datetime");
  EXPECT_EQ(CanonicalType("double"), "real");
  EXPECT_EQ(CanonicalType("uuid"), "");
}

}  // namespace
}  // namespace keywatch::kql
