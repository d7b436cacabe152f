#include "app/generate/delivery.h"

#include <map>

#include <gtest/gtest.h>

#include "app/generate/everyday.h"
#include "engine/record/dynamic.h"

namespace keywatch::generate {
namespace {

constexpr record::Ticks kDay = 739'000 * record::kTicksPerDay;

record::Ticks TimeOf(std::string_view json) {
  size_t at = json.find("\"time\":");
  at = json.find('"', at + 7) + 1;
  return *record::ParseIsoDatetime(json.substr(at, json.find('"', at) - at));
}

TEST(DeliveryTest, EachComesAtLeastOnceAndNotTooLate) {
  World world = MakeWorld(1);
  TrafficOptions options;
  options.duplicate_per_mille = 100;
  options.late_per_mille = 100;
  std::map<std::string, int, std::less<>> delivered;
  record::Ticks newest = 0;
  uint64_t out_of_order = 0;
  uint64_t minutes_late = 0;
  Delivery delivery(&world, Random(1), options, [&](std::string_view json) {
    ++delivered[std::string(json)];
    record::Ticks time = TimeOf(json);
    EXPECT_GT(time, newest - kMaxDelay - record::kTicksPerMillisecond);
    out_of_order += time < newest ? 1U : 0U;
    minutes_late += time < newest - record::kTicksPerMinute ? 1U : 0U;
    newest = std::max(newest, time);
    return true;
  });
  Everyday everyday(&world, Random(1), kDay, 20'000, 600);
  Event event;
  while (everyday.Next(&event))
    ASSERT_TRUE(delivery.Push(event));
  ASSERT_TRUE(delivery.Finish());
  EXPECT_EQ(delivered.size(), 20'000U);
  EXPECT_EQ(delivery.counts().records, 20'000 + delivery.counts().duplicates);
  EXPECT_NEAR(static_cast<double>(delivery.counts().duplicates), 2000, 200);
  EXPECT_NEAR(static_cast<double>(delivery.counts().late), 2000, 200);
  EXPECT_GT(out_of_order, 2000U);
  EXPECT_GT(minutes_late, 1000U);
}

TEST(DeliveryTest, InOrderAndOnceIfSoAsked) {
  World world = MakeWorld(1);
  TrafficOptions options;
  options.duplicate_per_mille = options.late_per_mille = options.disorder_per_mille = 0;
  record::Ticks newest = 0;
  Delivery delivery(&world, Random(1), options, [&](std::string_view json) {
    record::Ticks time = TimeOf(json);
    EXPECT_GE(time, newest - record::kTicksPerMillisecond);
    newest = time;
    return true;
  });
  Everyday everyday(&world, Random(1), kDay, 2000, 600);
  Event event;
  while (everyday.Next(&event))
    ASSERT_TRUE(delivery.Push(event));
  ASSERT_TRUE(delivery.Finish());
  EXPECT_EQ(delivery.counts().records, 2000U);
}

TEST(DeliveryTest, OneThatHasHadEnoughGetsNoMore) {
  World world = MakeWorld(1);
  int left = 5;
  Delivery delivery(&world, Random(1), {}, [&](std::string_view) { return --left > 0; });
  Everyday everyday(&world, Random(1), kDay, 1000, 600);
  Event event;
  bool more = true;
  while (more && everyday.Next(&event))
    more = delivery.Push(event);
  EXPECT_FALSE(more);
  EXPECT_EQ(left, 0);
}

}  // namespace
}  // namespace keywatch::generate
