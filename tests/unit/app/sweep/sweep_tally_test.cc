#include "app/sweep/sweep_tally.h"

#include <gtest/gtest.h>

namespace keywatch::app {
namespace {

alert::Alert About(const std::string& caller, const std::string& address) {
  alert::Alert alert;
  alert.entities = {{"Account", {{"AadUserId", caller}}}, {"IP", {{"Address", address}}}};
  return alert;
}

TEST(SweepTally, CountsAlertsAndWhomTheyAreAbout) {
  SweepTally tally;
  for (const char* caller : {"b", "a", "b", "c", "d"})
    tally.Add(About(caller, "203.0.113.7"));
  EXPECT_EQ(tally.alerts(), 5U);
  EXPECT_EQ(tally.Entities("Account"), 4U);
  EXPECT_EQ(tally.Entities("IP"), 1U);
  EXPECT_EQ(tally.Entities("Host"), 0U);
  EXPECT_EQ(tally.First("Account"), (std::vector<std::string>{"b", "a", "c"}));
}

TEST(SweepTally, CountsNoMoreEntitiesThanItsBound) {
  SweepTally tally;
  for (size_t i = 0; i < SweepTally::kMostEntities + 10; ++i)
    tally.Add(About(std::to_string(i), "x"));
  EXPECT_EQ(tally.alerts(), SweepTally::kMostEntities + 10);
  EXPECT_EQ(tally.Entities("Account"), SweepTally::kMostEntities);
}

}  // namespace
}  // namespace keywatch::app
