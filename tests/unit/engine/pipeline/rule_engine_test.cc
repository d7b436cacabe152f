#include "engine/pipeline/rule_engine.h"

#include <gtest/gtest.h>

#include "tests/support/rule_of.h"
#include "tests/support/text_decoder.h"
#include "tests/support/text_match.h"

namespace keywatch::pipeline {
namespace {

using tests::At;
using tests::kPurges;
using tests::kQuiet;
using tests::kRefusals;
using tests::RuleOf;

constexpr char kNewAddress[] =
    "AzureDiagnostics | where TimeGenerated > ago(10m)\n"
    "  | join kind=leftanti (AzureDiagnostics | where TimeGenerated < ago(10m))\n"
    "    on CallerIPAddress\n"
    "  | summarize count() by CallerIPAddress";
constexpr char kOtherId[] = "99999999-2222-4333-8444-555555555555";

rule::CompiledRule Purges() { return RuleOf(kPurges); }
rule::CompiledRule Refusals() { return RuleOf(kRefusals, "", kOtherId); }

// An engine with its decoder.
struct Engine {
  explicit Engine(std::vector<rule::CompiledRule> rules, EngineSettings settings = {})
      : engine(std::move(rules), record::SchemaCatalog::Builtin(), settings),
        decoder(engine.layout()) {}

  // The addresses that alerts are about, in order.
  std::vector<std::string> Process(const std::vector<std::string>& texts,
                                   std::vector<bool> keep = {}) {
    keep.resize(texts.size(), true);
    std::vector<alert::Alert> alerts;
    engine.Process(decoder.Batch(texts), keep, &alerts);
    last = alerts;
    return Addresses(alerts);
  }
  // Of one of several inputs.
  std::vector<std::string> ProcessOf(const InputClock& input,
                                     const std::vector<std::string>& texts) {
    std::vector<alert::Alert> alerts;
    engine.Process(decoder.Batch(texts), std::vector<bool>(texts.size(), true), &alerts, input);
    return Addresses(alerts);
  }
  std::vector<std::string> CompleteTo(record::Ticks complete) {
    std::vector<alert::Alert> alerts;
    engine.CompleteTo(complete, &alerts);
    return Addresses(alerts);
  }
  std::vector<std::string> AdvanceTo(record::Ticks newest) {
    std::vector<alert::Alert> alerts;
    engine.AdvanceTo(newest, &alerts);
    return Addresses(alerts);
  }
  static std::vector<std::string> Addresses(const std::vector<alert::Alert>& alerts) {
    std::vector<std::string> addresses;
    for (const alert::Alert& alert : alerts)
      addresses.emplace_back(alert.row[0].second.string());
    return addresses;
  }

  RuleEngine engine;
  tests::TextDecoder decoder;
  std::vector<alert::Alert> last;
};

state::Snapshot SnapshotOf(const std::vector<std::pair<std::string, std::string>>& sections) {
  std::vector<state::SectionView> views;
  for (const auto& [name, bytes] : sections)
    views.push_back({name, bytes});
  std::string file = state::EncodeSnapshotHeader(1, views);
  for (const auto& [name, bytes] : sections)
    file += bytes;
  Result<state::Snapshot> snapshot = state::Snapshot::Parse(file);
  EXPECT_TRUE(snapshot.has_value());
  return *std::move(snapshot);
}

using Texts = std::vector<std::string>;

TEST(RuleEngine, EveryRuleSeesEveryRecord) {
  Engine engine({Purges(), Refusals()});
  EXPECT_EQ(engine.Process({"1 SecretGet a 403", "2 SecretPurge b", "3 SecretGet a 403"}),
            Texts{"b"});
  EXPECT_EQ(engine.Process({"4 SecretPurge a 403"}), (Texts{"a", "a"}));  // of both rules
  EXPECT_EQ(engine.engine.Report()[0].alerts, 2U);
  EXPECT_EQ(engine.engine.Report()[1].alerts, 1U);
  EXPECT_EQ(engine.engine.Report()[1].state_rows, 3U);
  EXPECT_EQ(engine.engine.Report()[1].state_partitions, 1U);
}

TEST(RuleEngine, CutsIntoBatchesMakeNoDifference) {
  Texts records;
  for (int i = 0; i < 40; ++i) {
    records.push_back(std::to_string(i) + (i % 7 == 0 ? " SecretPurge " : " SecretGet ") + "a" +
                      std::to_string(i % 5) + (i % 3 == 0 ? " 200" : " 403"));
  }
  Engine whole({Refusals()});
  Texts expected = whole.Process(records);
  ASSERT_GT(expected.size(), 3U);
  for (size_t size : {1U, 3U, 7U}) {
    Engine cut({Refusals()});
    Texts found;
    for (size_t from = 0; from < records.size(); from += size) {
      size_t to = std::min(records.size(), from + size);
      Texts some = cut.Process({records.begin() + static_cast<ptrdiff_t>(from),
                                records.begin() + static_cast<ptrdiff_t>(to)});
      found.insert(found.end(), some.begin(), some.end());
    }
    EXPECT_EQ(found, expected) << size;
  }
}

TEST(RuleEngine, WhatIsNotKeptNeitherCountsNorMovesTime) {
  Engine engine({Purges(), Refusals()});
  EXPECT_EQ(engine.Process({"1 SecretPurge a 403", "9 SecretPurge a 403", "2 SecretGet a 403"},
                           {true, false, true}),
            Texts{"a"});
  EXPECT_EQ(engine.engine.newest(), At(2));
  EXPECT_EQ(engine.engine.Report()[1].state_rows, 2U);
}

TEST(RuleEngine, EvidenceIsTheRecordVerbatimWithItsOrigin) {
  Engine engine({Purges()});
  std::string origin = "hub/3";
  record::RecordBatch batch = engine.decoder.Batch({"1 SecretGet a", "2 SecretPurge a"});
  batch.read_time = At(5);
  batch.origin[1] = {&origin, 77, 4, At(3)};
  std::vector<alert::Alert> alerts;
  engine.engine.Process(batch, {true, true}, &alerts);
  ASSERT_EQ(alerts.size(), 1U);
  ASSERT_EQ(alerts[0].evidence.size(), 1U);
  const record::Evidence& evidence = alerts[0].evidence[0];
  EXPECT_EQ(evidence.record, "2 SecretPurge a");
  EXPECT_EQ(evidence.origin, "hub/3");
  EXPECT_EQ(evidence.offset, 77);
  EXPECT_EQ(evidence.index, 4U);
  EXPECT_EQ(evidence.broker_time, At(3));
  EXPECT_EQ(evidence.read_time, At(5));
}

TEST(RuleEngine, ARuleAgainstABaselineLearnsFirst) {
  Engine engine({RuleOf(kNewAddress)});
  EXPECT_EQ(engine.Process({"0 KeyGet a", "60 KeyGet b"}), Texts{});
  EXPECT_TRUE(engine.engine.Report()[0].learning);
  EXPECT_EQ(engine.engine.Report()[0].learning_until, At(3600));
  engine.Process({"3590 KeyGet a"});
  EXPECT_TRUE(engine.engine.Report()[0].learning);
  engine.AdvanceTo(At(7200));
  EXPECT_FALSE(engine.engine.Report()[0].learning);
  EXPECT_EQ(engine.Process({"8000 KeyGet new"}), Texts{});  // records may still be late
  EXPECT_EQ(engine.AdvanceTo(At(8600)), Texts{"new"});
}

// Live traffic comes first, then another source with the history that a baseline needs.
TEST(RuleEngine, AHistoryThatIsReadBesideLiveTrafficEndsTheLearning) {
  Engine engine({RuleOf(kNewAddress)});
  const InputClock live{0, 0, true};
  engine.ProcessOf(live, {"9000 KeyGet a"});
  EXPECT_EQ(engine.engine.Report()[0].learning_until, At(9000 + 3600));
  const InputClock history{0, record::kMaxDatetime, true};
  engine.ProcessOf(history, {"0 KeyGet a", "60 KeyGet b"});
  EXPECT_EQ(engine.engine.Report()[0].learning_until, At(3600));
  engine.ProcessOf({At(60), record::kMaxDatetime, false}, {"-500 KeyGet a"});  // merely late
  EXPECT_EQ(engine.engine.Report()[0].learning_until, At(3600));
  EXPECT_FALSE(engine.engine.Report()[0].learning);
  engine.ProcessOf({At(9000), record::kMaxDatetime, false}, {"9100 KeyGet new"});
  EXPECT_EQ(engine.AdvanceTo(At(9100 + 900)), Texts{"new"});
}

TEST(RuleEngine, WithoutHoldingItRaisesAtOnce) {
  EngineSettings settings;
  settings.hold_while_learning = false;
  settings.lateness = 10 * record::kTicksPerMinute;
  Engine engine({RuleOf(kNewAddress)}, settings);
  EXPECT_EQ(engine.Process({"0 KeyGet a"}), Texts{"a"});
  EXPECT_FALSE(engine.engine.Report()[0].learning);
}

TEST(RuleEngine, TimeOnlyMovesOn) {
  Engine engine({Purges()});
  engine.Process({"9 SecretGet a", "5 SecretGet a"});
  EXPECT_EQ(engine.engine.newest(), At(9));
  engine.AdvanceTo(At(7));
  EXPECT_EQ(engine.engine.newest(), At(9));
}

// N < 2 waits until no record can come that would make it two.
TEST(RuleEngine, ARecordOfAnotherCallerMovesTimeOn) {
  Engine engine({RuleOf(kQuiet)});
  EXPECT_EQ(engine.Process({"0 KeyGet a"}), Texts{});
  EXPECT_EQ(engine.Process({"899 KeyGet b"}), Texts{});
  EXPECT_EQ(engine.Process({"900 KeyGet b"}), Texts{"a"});
}

// Two inputs, one of them hours behind.
TEST(RuleEngine, WhatMustBeCompleteWaitsForTheInputThatIsBehind) {
  Engine engine({RuleOf(kQuiet)});
  const InputClock ahead{0, At(0)};
  EXPECT_EQ(engine.ProcessOf(ahead, {"0 KeyGet a", "20000 KeyGet b"}), Texts{});
  EXPECT_EQ(engine.engine.newest(), At(20000));
  EXPECT_EQ(engine.engine.complete(), At(0));
  // The other brings what takes the result for a away.
  const InputClock behind{At(0), record::kMaxDatetime};
  EXPECT_EQ(engine.ProcessOf(behind, {"0 KeyList a", "10 KeyGet c"}), Texts{});
  EXPECT_EQ(engine.engine.Report()[0].late_rows, 0U);
  EXPECT_EQ(engine.engine.complete(), At(10));
  EXPECT_EQ(engine.CompleteTo(At(910)), Texts{"c"});
  EXPECT_EQ(engine.CompleteTo(record::kMaxDatetime), Texts{});  // b: not before 20900
  EXPECT_EQ(engine.engine.complete(), At(20000));
  EXPECT_EQ(engine.AdvanceTo(At(20900)), Texts{"b"});
}

TEST(RuleEngine, WhatOnlyGrowsDoesNotWaitForTheInputThatIsBehind) {
  Engine engine({Purges(), Refusals()});
  const InputClock ahead{0, At(0)};
  EXPECT_EQ(engine.ProcessOf(ahead, {"20000 SecretPurge a", "20001 X b 403", "20002 X b 403"}),
            Texts{"a"});
  EXPECT_EQ(engine.ProcessOf(ahead, {"20003 X b 403"}), Texts{"b"});
  // Nor is anything of the other one lost, four hours later than the newest.
  const InputClock behind{At(0), record::kMaxDatetime};
  EXPECT_EQ(engine.ProcessOf(behind, {"1 SecretPurge c", "2 X d 403", "3 X d 403", "4 X d 403"}),
            (Texts{"c", "d"}));
  EXPECT_EQ(engine.engine.Report()[1].late_rows, 0U);
}

// Delivered again by another source, when nobody remembers it any more.
TEST(RuleEngine, ARecordThatComesAgainLateRaisesTheSameAlert) {
  Engine engine({Purges()});
  ASSERT_EQ(engine.Process({"1 SecretPurge a"}), Texts{"a"});
  std::string id = engine.last[0].id;
  engine.Process({"2000 SecretGet b"});
  ASSERT_EQ(engine.Process({"1 SecretPurge a"}), Texts{"a"});
  EXPECT_EQ(engine.engine.Report()[0].late_rows, 1U);
  EXPECT_EQ(engine.last[0].id, id);
}

TEST(RuleEngine, HowFarTheInputsAreIsInTheSnapshot) {
  Engine first({RuleOf(kQuiet)});
  first.ProcessOf({0, At(5)}, {"20000 KeyGet b"});
  Engine second({RuleOf(kQuiet)});
  std::vector<std::string> fresh;
  ASSERT_TRUE(second.engine.Restore(SnapshotOf(first.engine.Save()), &fresh).ok());
  EXPECT_EQ(second.engine.newest(), At(20000));
  EXPECT_EQ(second.engine.complete(), At(5));
}

TEST(RuleEngine, LateRowsAndEvictionsAreReported) {
  EngineSettings settings;
  settings.lateness = record::kTicksPerMinute;
  settings.max_rows_per_rule = 4;
  Engine engine({Refusals()}, settings);
  engine.Process({"1000 SecretGet a 403", "2 SecretGet b 403"});
  EXPECT_EQ(engine.engine.Report()[0].late_rows, 1U);
  EXPECT_EQ(engine.engine.Report()[0].evictions, 0U);
  engine.Process({"1001 SecretGet c 403", "1002 SecretGet d 403", "1003 SecretGet e 403"});
  EXPECT_GE(engine.engine.Report()[0].evictions, 1U);
  EXPECT_LE(engine.engine.Report()[0].state_rows, 4U);
}

TEST(RuleEngine, ASnapshotGoesOnWhereItStopped) {
  Engine first({Purges(), Refusals()});
  first.Process({"1 SecretPurge a 403", "2 SecretGet a 403"});
  Engine second({Purges(), Refusals()});
  std::vector<std::string> fresh;
  ASSERT_TRUE(second.engine.Restore(SnapshotOf(first.engine.Save()), &fresh).ok());
  EXPECT_TRUE(fresh.empty());
  EXPECT_EQ(second.engine.newest(), At(2));
  EXPECT_EQ(second.engine.Report()[0].alerts, 1U);
  EXPECT_EQ(second.engine.Save(), first.engine.Save());
  Texts found = second.Process({"3 SecretGet a 403"});
  EXPECT_EQ(found, Texts{"a"});
  first.Process({"3 SecretGet a 403"});
  ASSERT_EQ(first.last.size(), 1U);
  EXPECT_EQ(second.last[0].id, first.last[0].id);
}

TEST(RuleEngine, WhatWasRaisedBeforeTheSnapshotIsNotRaisedAgain) {
  Engine first({Refusals()});
  ASSERT_EQ(first.Process({"1 X a 403", "2 X a 403", "3 X a 403"}), Texts{"a"});
  Engine second({Refusals()});
  std::vector<std::string> fresh;
  ASSERT_TRUE(second.engine.Restore(SnapshotOf(first.engine.Save()), &fresh).ok());
  EXPECT_EQ(second.Process({"4 X a 403"}), Texts{});
  // Nor is it when its records are read again.
  EXPECT_EQ(second.Process({"1 X a 403", "2 X a 403", "3 X a 403"}), Texts{});
}

TEST(RuleEngine, ARuleThatChangedBeginsAnewAlone) {
  Engine first({Purges(), Refusals()});
  first.Process({"1 X a 403", "2 X a 403"});
  rule::CompiledRule changed = Refusals();
  changed.rule.sha256 = "another";
  Engine second(
      {Purges(), changed, RuleOf(kNewAddress, "", "00000000-2222-4333-8444-555555555555")});
  std::vector<std::string> fresh;
  ASSERT_TRUE(second.engine.Restore(SnapshotOf(first.engine.Save()), &fresh).ok());
  EXPECT_EQ(fresh, (Texts{"Rule", "Rule"}));
  EXPECT_EQ(second.engine.Report()[1].state_rows, 0U);
  EXPECT_EQ(second.Process({"3 X a 403"}), Texts{});
}

TEST(RuleEngine, DamagedStateIsSaidNotTakenUp) {
  Engine first({Refusals()});
  first.Process({"1 X a 403", "2 X a 403"});
  const auto sections = first.engine.Save();
  ASSERT_EQ(sections[0].first, "engine");
  for (size_t section = 0; section < sections.size(); ++section) {
    size_t whole = sections[section].second.size();
    for (size_t cut : {whole - 1, whole / 2, size_t{1}}) {
      auto damaged = sections;
      damaged[section].second.resize(cut);
      Engine second({Refusals()});
      std::vector<std::string> fresh;
      Status status = second.engine.Restore(SnapshotOf(damaged), &fresh);
      EXPECT_EQ(status.code(), StatusCode::kDataLoss) << sections[section].first << " at " << cut;
    }
  }
  Engine second({Refusals()});
  std::vector<std::string> fresh;
  EXPECT_TRUE(tests::Has(second.engine.Restore(SnapshotOf({{"x", ""}}), &fresh).message(),
                         "no section `engine`"));
}

TEST(RuleEngine, AnAlertEndsOnceTheWatermarkIsPastIt) {
  EngineSettings settings;
  settings.report_ends = true;
  Engine engine({Purges(), Refusals()}, settings);
  engine.Process(
      {"0 SecretPurge b", "1 SecretGet a 403", "2 SecretGet a 403", "3 SecretGet a 403"});
  ASSERT_EQ(engine.last.size(), 2U);
  std::string id = engine.last[1].id;
  record::Ticks end = At(1) + record::kTicksPerHour + 1;  // the first refusal has left the window
  engine.AdvanceTo(end + settings.lateness);
  EXPECT_TRUE(engine.engine.TakeEnded().empty()) << "a late refusal may still come";
  engine.AdvanceTo(end + settings.lateness + 1);
  std::vector<alert::EndedAlert> ended = engine.engine.TakeEnded();
  ASSERT_EQ(ended.size(), 1U) << "what is about one record does not end";
  EXPECT_EQ(ended[0].id, id);
  EXPECT_EQ(ended[0].ended, end);
  EXPECT_TRUE(engine.engine.TakeEnded().empty());
}

}  // namespace
}  // namespace keywatch::pipeline
