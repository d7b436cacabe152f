#include "app/generate/everyday.h"

#include <gtest/gtest.h>

#include "app/generate/operations.h"

namespace keywatch::generate {
namespace {

constexpr record::Ticks kFirstDay = 739'000 * record::kTicksPerDay;

TEST(EverydayTest, ExactlyAsManyAsAskedForInOrder) {
  World world = MakeWorld(1);
  for (uint64_t records : {0U, 1U, 7U, 5000U, 200'000U}) {
    Everyday everyday(&world, Random(1), kFirstDay, records, 600);
    Event event;
    uint64_t count = 0;
    record::Ticks before = kFirstDay;
    while (everyday.Next(&event)) {
      ++count;
      // An HSM's times are cut to milliseconds.
      ASSERT_GE(event.time, before - record::kTicksPerMillisecond);
      before = event.time;
    }
    EXPECT_EQ(count, records);
    EXPECT_LT(before, kFirstDay + record::kTicksPerDay);
  }
}

TEST(EverydayTest, NothingOfItIsRare) {
  World world = MakeWorld(1);
  Everyday everyday(&world, Random(1), kFirstDay, 20'000, 600);
  Event event;
  int hsm = 0;
  int challenges = 0;
  int at_night = 0;
  while (everyday.Next(&event)) {
    EXPECT_NE(event.status, 403);
    EXPECT_EQ(event.status == 401, event.operation == &operations::kAuthentication);
    EXPECT_EQ(event.operation->name.find("Backup"), std::string_view::npos);
    EXPECT_NE(event.operation, &operations::kKeyRelease);
    hsm += event.resource->is_hsm ? 1 : 0;
    challenges += event.status == 401 ? 1 : 0;
    at_night += event.time - kFirstDay < 6 * record::kTicksPerHour ? 1 : 0;
  }
  EXPECT_NEAR(hsm, 12'000, 500);
  EXPECT_NEAR(challenges, 20'000 * (0.4 * 0.97 * 0.12 + 0.6 * 0.05), 200);
  EXPECT_LT(at_night, 3500);
}

}  // namespace
}  // namespace keywatch::generate
