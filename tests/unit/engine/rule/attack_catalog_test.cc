#include "engine/rule/attack_catalog.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace keywatch::rule {
namespace {

TEST(AttackCatalog, HoldsEveryTechniqueOfTheVersionInOrder) {
  const auto& ids = AttackTechniques();
  // "216 Techniques, 475 Sub-Techniques": attack.mitre.org/resources/updates/updates-october-2025.
  auto subs = std::count_if(ids.begin(), ids.end(), [](auto id) { return id.size() == 9; });
  EXPECT_EQ(subs, 475);
  EXPECT_EQ(ids.size(), 216U + 475U);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
  for (std::string_view id : ids) {
    EXPECT_TRUE(id.size() == 5 || id.size() == 9) << id;
    EXPECT_TRUE(IsAttackTechnique(id.substr(0, 5))) << id;
  }
}

TEST(AttackCatalog, KnowsWhatIsThere) {
  EXPECT_TRUE(IsAttackTechnique("T1555.006"));
  EXPECT_TRUE(IsAttackTechnique("T1537"));
  EXPECT_FALSE(IsAttackTechnique("T1002"));  // revoked
  EXPECT_FALSE(IsAttackTechnique("T1555.099"));
  EXPECT_FALSE(IsAttackTechnique("T155"));
  EXPECT_FALSE(IsAttackTechnique(""));
}

}  // namespace
}  // namespace keywatch::rule
