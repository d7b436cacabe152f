#include "connectors/blob/hour_path.h"

#include <gtest/gtest.h>

namespace keywatch::blob {
namespace {

constexpr char kResource[] =
    "resourceId=/SUBSCRIPTIONS/1/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/MANAGEDHSMS/H/";

Ticks At(const char* text) { return *record::ParseIsoDatetime(text); }

TEST(HourPath, ReadsWhatAzureMonitorWrites) {
  std::string name = std::string(kResource) + "y=2026/m=11/d=30/h=02/m=00/PT1H.json";
  auto path = ParseHourPath(name);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->resource, kResource);
  EXPECT_EQ(path->hour, At("2026-11-30T02:00:00Z"));
}

TEST(HourPath, LeavesOthersOut) {
  for (const char* rest : {"y=2026/m=11/d=30/h=02/m=00/PT1D.json",
                           "y=2026/m=11/d=30/h=24/m=00/PT1H.json",
                           "y=2026/m=02/d=30/h=02/m=00/PT1H.json",
                           "y=2026/m=11/h=02/m=00/PT1H.json",
                           "y=2026/m=1x/d=30/h=02/m=00/PT1H.json",
                           "y=26/m=11/d=30/h=02/m=00/PT1H.json"}) {
    EXPECT_FALSE(ParseHourPath(std::string(kResource) + rest)) << rest;
  }
  EXPECT_FALSE(ParseHourPath("y=2026/m=11/d=30/h=02/m=00/PT1H.json"));
  EXPECT_FALSE(ParseHourPath(""));
}

TEST(HourPath, KnowsTheFolderOfAYear) {
  EXPECT_EQ(YearOfFolder("a/y=2026/"), 2026);
  EXPECT_FALSE(YearOfFolder("a/y=2026"));
  EXPECT_FALSE(YearOfFolder("a/m=2026/"));
  EXPECT_FALSE(YearOfFolder("a/VAULTS/"));
}

TEST(HourPath, ListsDaysAndSingleHours) {
  using Folders = std::vector<std::string>;
  EXPECT_EQ(FoldersOf(At("2026-11-30T01:00:00Z"), At("2026-11-30T04:00:00Z")),
            Folders{"y=2026/m=11/d=30/"});
  EXPECT_EQ(FoldersOf(At("2026-12-31T23:00:00Z"), At("2027-01-01T02:00:00Z")),
            (Folders{"y=2026/m=12/d=31/h=23/", "y=2027/m=01/d=01/"}));
  EXPECT_EQ(FoldersOf(At("2026-11-30T01:00:00Z"), At("2026-11-30T01:00:00Z")), Folders{});
}

}  // namespace
}  // namespace keywatch::blob
