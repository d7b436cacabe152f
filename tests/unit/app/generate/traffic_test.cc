// What the labels promise is in the records, and nothing else is: an attack is new where it says
// so, everything that is not in a scene is old, and refusals outside of scenes are few.
#include "app/generate/traffic.h"

#include <map>
#include <set>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "engine/record/dynamic.h"

namespace keywatch::generate {
namespace {

using record::Dynamic;
using record::Ticks;

struct Seen {
  Ticks time = 0;
  std::string operation;
  std::string principal;
  std::string address;
  std::string resource;
  std::string uri;
  int64_t status = 0;
  bool is_network = false;
  auto operator<=>(const Seen&) const = default;
};

const Dynamic* At(const Dynamic* node, std::initializer_list<std::string_view> path) {
  for (std::string_view name : path)
    node = node != nullptr ? node->Find(name) : nullptr;
  return node;
}

std::string TextAt(const Dynamic& node, std::initializer_list<std::string_view> path) {
  const Dynamic* at = At(&node, path);
  return at != nullptr && at->string() != nullptr ? *at->string() : "";
}

Seen Read(std::string_view json) {
  std::optional<Dynamic> record = record::ParseJson(json);
  EXPECT_TRUE(record) << json;
  Seen seen;
  if (!record)
    return seen;
  bool is_hsm = record->Find("PoolName") != nullptr;
  seen.time = record::ParseIsoDatetime(TextAt(*record, {"time"})).value_or(0);
  seen.operation = TextAt(*record, {"operationName"});
  seen.address = TextAt(*record, {"callerIpAddress"});
  seen.resource = TextAt(*record, {"resourceId"});
  const Dynamic* details = is_hsm ? &*record : record->Find("properties");
  seen.uri = TextAt(*details, {"requestUri"});
  seen.status = std::get<int64_t>(details->Find("httpStatusCode")->held);
  seen.is_network = TextAt(*record, {"resultDescription"}).starts_with("Client address");
  if (is_hsm) {
    std::optional<Dynamic> identity = record::ParseJson(TextAt(*record, {"identity"}));
    if (identity) {
      seen.principal =
          TextAt(*identity,
                 {"claim", "http_schemas_microsoft_com_identity", "claims", "objectidentifier"});
    }
  } else {
    seen.principal = TextAt(*record, {"identity", "claim", "oid"});
  }
  return seen;
}

struct Day {
  std::set<Seen> records;  // each once
  std::vector<Label> labels;
  TrafficCounts counts;
};

TrafficOptions SmallOptions() {
  TrafficOptions options;
  options.seed = 7;
  options.start = *record::ParseIsoDatetime("2026-03-02");
  options.records = 4000;
  options.history_records = 50;
  return options;
}

Day GenerateDay(const TrafficOptions& options) {
  Day day;
  TrafficSinks sinks;
  sinks.record = [&day](std::string_view json) {
    day.records.insert(Read(json));
    return true;
  };
  sinks.label = [&day](const Label& label) { day.labels.push_back(label); };
  Result<TrafficCounts> counts = GenerateTraffic(options, sinks);
  EXPECT_TRUE(counts) << counts.error().message();
  if (counts)
    day.counts = *counts;
  return day;
}

bool InScene(const Seen& seen, const Label& label) {
  bool status_fits = label.rule != "repeated-403"          ? seen.status < 300
                     : label.operation == "Authentication" ? seen.status == 401
                                                           : seen.status == 403;
  return status_fits && seen.time >= label.first && seen.time <= label.last &&
         seen.operation == label.operation &&
         (label.principal.empty() || seen.principal == label.principal) &&
         (label.address.empty() || seen.address == label.address) &&
         (label.resource.empty() || seen.resource == label.resource) &&
         seen.uri.find(label.object) != std::string::npos;
}

const Label* SceneOf(const Seen& seen, const std::vector<Label>& labels) {
  for (const Label& label : labels) {
    if (InScene(seen, label))
      return &label;
  }
  return nullptr;
}

class TrafficTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { day_ = new Day(GenerateDay(SmallOptions())); }
  static void TearDownTestSuite() {
    delete day_;
    day_ = nullptr;
  }
  static const Day& day() { return *day_; }

 private:
  static Day* day_;
};

Day* TrafficTest::day_ = nullptr;

TEST_F(TrafficTest, EveryKindOfSceneIsThere) {
  std::map<std::string, bool> kinds;
  for (const Label& label : day().labels)
    kinds[label.kind] = label.should_alert;
  EXPECT_EQ(kinds,
            (std::map<std::string, bool>{{"authentication_401_storm", false},
                                         {"hsm_backup_from_new_address", true},
                                         {"key_backup_from_new_address", true},
                                         {"key_release_by_new_principal", true},
                                         {"key_release_from_new_address", true},
                                         {"key_release_spike", true},
                                         {"network_denials_by_address", true},
                                         {"redelivered_denials", false},
                                         {"repeated_denials_by_address", true},
                                         {"repeated_denials_by_caller", true},
                                         {"security_domain_backup_from_new_address", true},
                                         {"spread_denials", false}}));
}

TEST_F(TrafficTest, LabelsAreTrue) {
  for (const Label& label : day().labels) {
    uint64_t records = 0;
    for (const Seen& seen : day().records)
      records += InScene(seen, label) ? 1U : 0U;
    // The one who releases all day does so during the spike, too.
    uint64_t others = label.kind == "key_release_spike" ? 2 : 0;
    EXPECT_GE(records, label.records) << label.kind;
    EXPECT_LE(records, label.records + others) << label.kind;
  }
}

// For operations that a rule compares with a baseline: who and from where, per object.
TEST_F(TrafficTest, OnlyAttacksAreNew) {
  using What = std::tuple<std::string, std::string, std::string, std::string>;
  std::map<What, Ticks> first_seen;
  Ticks start = SmallOptions().start;
  for (const Seen& seen : day().records) {  // in the order of time
    bool release = seen.operation == "KeyRelease";
    bool backup = seen.operation == "BackupCreate" || seen.operation == "KeyBackup" ||
                  seen.operation == "SecurityDomainBackup";
    if (!release && !backup)
      continue;
    std::string object = release ? seen.uri : seen.resource;
    Ticks& by_address =
        first_seen.try_emplace({"address", seen.operation, object, seen.address}, seen.time)
            .first->second;
    Ticks& by_principal =
        first_seen.try_emplace({"principal", seen.operation, object, seen.principal}, seen.time)
            .first->second;
    if (seen.time < start)
      continue;
    auto known = [&seen](Ticks first) {
      return first >= seen.time - 14 * record::kTicksPerDay &&
             first <= seen.time - record::kTicksPerDay;
    };
    // The first day of history is before the window of the last day's evening.
    bool old_address = known(by_address) || by_address < seen.time - 14 * record::kTicksPerDay;
    bool old_principal =
        known(by_principal) || by_principal < seen.time - 14 * record::kTicksPerDay;
    const Label* scene = SceneOf(seen, day().labels);
    bool is_new = scene != nullptr && scene->should_alert && scene->kind != "key_release_spike";
    EXPECT_EQ(old_address && old_principal, !is_new) << seen.operation << " " << seen.address;
  }
}

TEST_F(TrafficTest, RefusalsAreManyInAttacksAndFewElsewhere) {
  std::map<std::string, std::vector<Ticks>> by_who;
  std::set<std::string> attackers;
  for (const Seen& seen : day().records) {
    if (seen.status != 403)
      continue;
    const Label* scene = SceneOf(seen, day().labels);
    if (scene != nullptr && scene->should_alert) {
      EXPECT_EQ(seen.is_network, scene->kind == "network_denials_by_address");
      attackers.insert(scene->principal.empty() ? scene->address : scene->principal);
    }
    by_who[seen.principal].push_back(seen.time);
    by_who[seen.address].push_back(seen.time);
  }
  EXPECT_EQ(attackers.size(), 4U);
  for (const auto& [who, times] : by_who) {
    size_t most = 0;
    for (size_t first = 0, last = 0; last < times.size(); ++last) {
      while (times[last] - times[first] > record::kTicksPerHour)
        ++first;
      most = std::max(most, last - first + 1);
    }
    if (attackers.contains(who)) {
      EXPECT_GE(most, 36U) << who;
    } else {
      EXPECT_LE(most, 6U) << who;
    }
  }
}

TEST_F(TrafficTest, BothLayoutsAreThere) {
  size_t hsm = 0;
  for (const Seen& seen : day().records)
    hsm += seen.resource.find("/MANAGEDHSMS/") != std::string::npos ? 1U : 0U;
  EXPECT_GT(hsm, day().records.size() / 3);
  EXPECT_LT(hsm, day().records.size() * 2 / 3);
}

// Fails when anything that is drawn or written changes: then the shipped day and every number that
// was measured on it change, too. FNV-1a over all records with their line ends.
TEST(TrafficDeterminismTest, TheSameSeedGivesTheSameBytesEverywhere) {
  uint64_t hash = 0xcbf29ce484222325;
  auto add = [&hash](std::string_view text) {
    for (char byte : text)
      hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
  };
  TrafficSinks sinks;
  sinks.record = [&](std::string_view json) {
    add(json);
    add("\n");
    return true;
  };
  sinks.label = [&](const Label& label) { add(LabelJson(label)); };
  ASSERT_TRUE(GenerateTraffic(SmallOptions(), sinks));
  EXPECT_EQ(hash, 10399354910506683914U);
}

TEST(TrafficOptionsTest, SeveralDaysShareTheRecords) {
  TrafficOptions options = SmallOptions();
  options.days = 3;
  options.history_days = 0;
  options.scenes = false;
  options.records = 1000;
  Day day = GenerateDay(options);
  EXPECT_TRUE(day.labels.empty());
  EXPECT_EQ(day.counts.labels, 0U);
  std::set<Ticks> days;
  for (const Seen& seen : day.records)
    days.insert(seen.time / record::kTicksPerDay);
  EXPECT_EQ(days.size(), 3U);
}

TEST(TrafficOptionsTest, WhatIsOutOfRangeIsRefused) {
  TrafficSinks sinks;
  TrafficOptions options = SmallOptions();
  options.days = 0;
  EXPECT_EQ(GenerateTraffic(options, sinks).error().message(), "expected 1 to 366 days, found 0");
  options = SmallOptions();
  options.late_per_mille = 1001;
  EXPECT_FALSE(GenerateTraffic(options, sinks));
  options = SmallOptions();
  options.start = 0;
  EXPECT_FALSE(GenerateTraffic(options, sinks));
}

TEST(TrafficLabelTest, LabelsAreJson) {
  Label label;
  label.kind = "a\"b";
  label.should_alert = false;
  label.records = 3;
  std::optional<Dynamic> json = record::ParseJson(LabelJson(label));
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->Find("kind")->string(), "a\"b");
  EXPECT_EQ(std::get<bool>(json->Find("should_alert")->held), false);
  EXPECT_EQ(std::get<int64_t>(json->Find("records")->held), 3);
}

}  // namespace
}  // namespace keywatch::generate
