// What an estate's days promise: the same bytes for a seed, nights and weekends, and a story only
// where there is one.
#include "app/generate/estate_traffic.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "app/generate/estate.h"
#include "app/generate/story.h"
#include "engine/record/dynamic.h"

namespace keywatch::generate {
namespace {

struct Generated {
  std::vector<std::string> records;
  std::vector<Label> labels;
};

Generated Generate(TrafficOptions options) {
  Generated generated;
  TrafficSinks sinks;
  sinks.record = [&](std::string_view record) {
    generated.records.emplace_back(record);
    return true;
  };
  sinks.label = [&](const Label& label) { generated.labels.push_back(label); };
  Result<TrafficCounts> counts = GenerateTraffic(options, sinks);
  EXPECT_TRUE(counts) << (counts ? "" : counts.error().message());
  return generated;
}

TrafficOptions OptionsFor(const char* estate, const char* story = nullptr) {
  TrafficOptions options;
  options.start = *record::ParseIsoDatetime("2026-03-02");  // a Monday
  options.history_days = 0;
  options.duplicate_per_mille = 0;
  options.estate = FindEstate(estate);
  options.story = story != nullptr ? FindStory(story) : nullptr;
  return options;
}

TEST(EstateTrafficTest, TheSameSeedMakesTheSameBytes) {
  TrafficOptions options = OptionsFor("small", "ransom_by_purge");
  EXPECT_EQ(Generate(options).records, Generate(options).records);
  TrafficOptions other = options;
  other.seed = 2;
  EXPECT_NE(Generate(other).records, Generate(options).records);
}

TEST(EstateTrafficTest, EveryRecordIsJsonAndDaysAreModerate) {
  for (const Estate& estate : Estates()) {
    Generated day = Generate(OptionsFor(std::string(estate.name).c_str()));
    EXPECT_GT(day.records.size(), 1000U) << estate.name;
    EXPECT_LT(day.records.size(), 10'000U) << estate.name;
    EXPECT_TRUE(day.labels.empty());
    for (const std::string& record : day.records)
      ASSERT_TRUE(record::ParseJson(record)) << record;
  }
}

TEST(EstateTrafficTest, WeekendsAreQuiet) {
  TrafficOptions options = OptionsFor("small");
  options.days = 7;
  std::map<std::string, size_t> days;
  for (const std::string& text : Generate(options).records) {
    std::optional<record::Dynamic> record = record::ParseJson(text);
    ++days[record->Find("time")->string()->substr(0, 10)];
  }
  EXPECT_LT(days["2026-03-08"] * 3, days["2026-03-04"] * 2);
}

TEST(EstateTrafficTest, AStoryHasALabelForEachFinding) {
  TrafficOptions options = OptionsFor("small", "ransom_by_purge");
  Generated generated = Generate(options);
  ASSERT_EQ(generated.labels.size(), options.story->findings.size());
  EXPECT_EQ(generated.labels[0].kind, "ransom_by_purge");
  EXPECT_EQ(generated.labels[0].rule, "key_backup_new_principal");
  EXPECT_EQ(generated.labels[0].operation, "KeyBackup");
  EXPECT_FALSE(generated.labels[0].principal.empty());
  size_t purges = 0;
  for (const std::string& record : generated.records)
    purges += record.find("\"KeyPurge\"") != std::string::npos ? 1 : 0;
  EXPECT_EQ(purges, 8U);
}

TEST(EstateTrafficTest, ASilencedHsmSaysNothingMore) {
  Generated generated = Generate(OptionsFor("small", "log_tampering"));
  std::string last;
  for (const std::string& text : generated.records) {
    std::optional<record::Dynamic> record = record::ParseJson(text);
    if (record->Find("PoolName") != nullptr)
      last = std::max(last, *record->Find("time")->string());
  }
  EXPECT_LE(record::ParseIsoDatetime(last), generated.labels.at(0).last);
}

TEST(EstateTrafficTest, AnEstateWithoutTheCastIsRefusedWithTheOneThatHasIt) {
  TrafficSinks sinks;
  Result<TrafficCounts> counts =
      GenerateTraffic(OptionsFor("small", "release_exfiltration"), sinks);
  ASSERT_FALSE(counts);
  EXPECT_NE(counts.error().message().find("try --estate bank"), std::string::npos)
      << counts.error().message();
}

}  // namespace
}  // namespace keywatch::generate
