#include "engine/pipeline/duplicates.h"

#include <gtest/gtest.h>

namespace keywatch::pipeline {
namespace {

record::RecordBatch Batch(const std::vector<std::pair<uint64_t, record::Ticks>>& rows) {
  record::RecordBatch batch;
  for (const auto& [id, time] : rows) {
    batch.record_id.push_back(id);
    batch.event_time.push_back(time);
  }
  batch.rows = rows.size();
  return batch;
}

TEST(Duplicates, WithinABatchAndAcross) {
  Duplicates duplicates(100);
  std::vector<bool> fresh;
  duplicates.Mark(Batch({{7, 1000}, {8, 1001}, {7, 1000}}), &fresh);
  EXPECT_EQ(fresh, (std::vector<bool>{true, true, false}));
  duplicates.Mark(Batch({{8, 1001}, {9, 1002}}), &fresh);
  EXPECT_EQ(fresh, (std::vector<bool>{false, true}));
  EXPECT_EQ(duplicates.seen(), 2U);
}

TEST(Duplicates, RemembersForTheHorizonAtLeast) {
  Duplicates duplicates(100);
  std::vector<bool> fresh;
  duplicates.Mark(Batch({{1, 1000}}), &fresh);
  duplicates.Mark(Batch({{2, 1150}}), &fresh);  // a new generation begins
  duplicates.Mark(Batch({{1, 1000}, {2, 1150}}), &fresh);
  EXPECT_EQ(fresh, (std::vector<bool>{false, false}));
}

TEST(Duplicates, AnIdentityOfZeroIsAnIdentity) {
  Duplicates duplicates(100);
  std::vector<bool> fresh;
  duplicates.Mark(Batch({{0, 1000}, {0, 1000}}), &fresh);
  EXPECT_EQ(fresh, (std::vector<bool>{true, false}));
}

TEST(Duplicates, StaysBounded) {
  Duplicates duplicates(record::kTicksPerDay, 1000);
  std::vector<bool> fresh;
  for (uint64_t i = 0; i < 10; ++i) {
    std::vector<std::pair<uint64_t, record::Ticks>> rows;
    for (uint64_t r = 1; r <= 1000; ++r)
      rows.emplace_back(i * 1000 + r, 5);
    duplicates.Mark(Batch(rows), &fresh);
  }
  // The first ones are forgotten, the last thousand are not.
  duplicates.Mark(Batch({{1, 5}, {9'999, 5}}), &fresh);
  EXPECT_EQ(fresh, (std::vector<bool>{true, false}));
}

}  // namespace
}  // namespace keywatch::pipeline
