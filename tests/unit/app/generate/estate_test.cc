#include "app/generate/estate.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace keywatch::generate {
namespace {

bool HasRole(const Estate& estate, std::string_view name) {
  return name.empty() || std::any_of(estate.roles.begin(), estate.roles.end(), [&](const Role& r) {
           return r.name == name;
         });
}

bool HasTag(const Estate& estate, std::string_view tag) {
  return tag.empty() || std::any_of(estate.resources.begin(),
                                    estate.resources.end(),
                                    [&](const ResourceGroup& g) { return g.tag == tag; });
}

TEST(EstateTest, NamesInTheTablesAreThere) {
  for (const Estate& estate : Estates()) {
    EXPECT_EQ(FindEstate(estate.name), &estate);
    const Cast& cast = estate.cast;
    for (std::string_view role : {cast.service,
                                  cast.person,
                                  cast.officer,
                                  cast.key_backup,
                                  cast.full_backup,
                                  cast.enclave,
                                  cast.former,
                                  estate.deployments.deployer})
      EXPECT_TRUE(HasRole(estate, role)) << estate.name << ": " << role;
    EXPECT_FALSE(cast.vault_tag.empty());
    for (std::string_view tag : {cast.vault_tag, cast.hsm_tag, estate.deployments.hsm_tag})
      EXPECT_TRUE(HasTag(estate, tag)) << estate.name << ": " << tag;
    for (const Role& role : estate.roles) {
      EXPECT_TRUE(HasTag(estate, role.tag)) << estate.name << ": " << role.tag;
      for (const Activity& activity : role.activities)
        EXPECT_NE(activity.operation, nullptr) << role.name;
    }
  }
  EXPECT_EQ(FindEstate("castle"), nullptr);
}

}  // namespace
}  // namespace keywatch::generate
